import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { TempFolder } from '../kit/temp-folder.js'

let folder: TempFolder
const running: CommandLine[] = []
const run = (...args: string[]): CommandLine => {
  const command = new CommandLine(['focus', '--data', folder.join('data'), ...args])
  running.push(command)
  return command
}

beforeEach(() => {
  folder = new TempFolder()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(command => command.stop()))
  folder.remove()
})

describe('cpmft focus as a process', { timeout: 60_000 }, () => {
  it('runs behind a proxy until it is told to end', async () => {
    const [port, metrics] = [await freePort(), await freePort()]
    const listen = `sip:127.0.0.1:${port};transport=tcp`
    const proxy = 'sip:127.0.0.1:9;transport=tcp;lr'
    const focus = run('--listen', listen, '--proxy', proxy, '--domain', 'cf.lab.test', '--metrics', `127.0.0.1:${metrics}`, '--json')
    await focus.says('"listening"', 30_000)
    expect(JSON.parse(focus.stdout.split('\n')[0] ?? '')).toMatchObject({
      event: 'listening',
      domain: 'cf.lab.test',
      uri: listen,
      factory: 'sip:conference-factory@cf.lab.test',
    })
    expect(await (await fetch(`http://127.0.0.1:${metrics}/healthz`)).text()).toBe('ready\n')
    expect(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()).toContain('cpmft_conferences 0')
    const second = run('--listen', listen, '--proxy', proxy, '--domain', 'cf.lab.test', '--metrics', 'none')
    expect(await second.exit, second.stderr).toBe(2)
    focus.process.kill('SIGTERM')
    expect(await focus.exit, focus.stderr).toBe(0)
  })

  it('says what it needs', async () => {
    const all = {
      '--listen': 'sip:127.0.0.1:*;transport=tcp',
      '--proxy': 'sip:127.0.0.1:9',
      '--domain': 'cf.lab.test',
      '--metrics': 'none',
    }
    const cases = [
      [{ '--listen': '' }, 'A focus listens at one address.'],
      [{ '--proxy': '' }, 'A focus runs behind a proxy.'],
      [{ '--domain': '' }, 'A focus needs to know its domain.'],
      [{ '--proxy': 'nowhere' }, 'The proxy is no SIP address.'],
      [{ '--listen': 'sip:127.0.0.1:*;transport=ws' }, 'UDP, TCP or TLS'],
      [{ '--media': 'anywhere' }, 'is no place for files'],
    ] as const
    const commands = cases.map(([change]) =>
      run(...Object.entries({ ...all, ...change }).flatMap(([name, value]) => (value === '' ? [] : [name, value]))),
    )
    for (const [index, command] of commands.entries()) {
      expect(await command.exit, command.stderr).toBe(2)
      expect(command.stderr).toContain(cases[index]?.[1])
    }
  })
})
