import { type Client, type ClientOptions, CpmClient } from '../client/index.js'
import { nodeHost } from './node-host.js'

/**
 * Starts a CPM Client on this machine: opens its sockets and, with a registrar, begins to register (await `client.ready`).
 * @throws CpmftError `bad-address`, `address-in-use` and the like
 */
export async function createClient(options: ClientOptions): Promise<Client> {
  const host = nodeHost()
  try {
    return await CpmClient.open(host, options, () => host.close())
  } catch (error) {
    await host.close()
    throw error
  }
}
