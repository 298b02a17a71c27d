import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { findCommand } from './commands.mjs'
import { freePort } from './processes.mjs'
import { runProgram, startProgram, waitForListener } from './programs.mjs'

/** Private servers of other projects on the loopback: configuration, keys and files in a folder of the benchmark, ended with it. */

/**
 * An SSH server that knows one user by one key.
 * @returns `{ pid, copy, end }`; `copy` gives the arguments of `scp` that send a file
 */
export async function startSshServer(folder) {
  const port = await freePort()
  const [hostKey, userKey, known] = ['host-key', 'user-key', 'known-hosts'].map(name => join(folder, name))
  for (const key of [hostKey, userKey]) await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const config = join(folder, 'sshd_config')
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${userKey}.pub`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'Subsystem sftp internal-sftp',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  const removeRunFolder = makeRunFolder()
  const server = startProgram('sshd', ['-D', '-e', '-f', config])
  await waitForListener(port)
  const { output } = await runProgram('ssh-keyscan', ['-t', 'ed25519', '-p', `${port}`, '127.0.0.1'])
  writeFileSync(known, output)
  const options = ['-q', '-F', '/dev/null', '-i', userKey, '-P', `${port}`]
  for (const option of [`UserKnownHostsFile=${known}`, 'StrictHostKeyChecking=yes', 'IdentitiesOnly=yes', 'BatchMode=yes'])
    options.push('-o', option)
  return {
    pid: server.pid,
    copy: (source, target, more = []) => [...options, ...more, source, `${userInfo().username}@127.0.0.1:${target}`],
    async end() {
      await server.end()
      removeRunFolder()
    },
  }
}

/** Started by root, `sshd` wants a folder that the system makes when it starts the service. */
function makeRunFolder() {
  if (process.getuid?.() !== 0) return () => {}
  try {
    mkdirSync('/run/sshd', { mode: 0o755 })
  } catch {
    return () => {}
  }
  return () => rmdirSync('/run/sshd')
}

/**
 * An HTTP server that gives the files of one folder, as `/files/…`, and takes uploads, as `/uploads/…`, plain and over TLS 1.3.
 * @returns `{ pid, plain, secure, uploads, end }`: addresses without a slash at the end, and the folder of what was uploaded
 */
export async function startHttpServer(folder, files, { chain, key }) {
  const [plain, secure] = [await freePort(), await freePort()]
  const uploads = join(folder, 'uploads')
  for (const name of ['uploads', 'body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name))
  const config = join(folder, 'nginx.conf')
  const server = `
    location /files/ { alias ${files}/; }
    location /uploads/ { root ${folder}; dav_methods PUT; client_max_body_size 0; }`
  writeFileSync(
    config,
    `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  sendfile on;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${plain}; ${server}
  }
  server {
    listen 127.0.0.1:${secure} ssl;
    ssl_certificate ${chain};
    ssl_certificate_key ${key};
    ssl_protocols TLSv1.3; ${server}
  }
}
`,
  )
  const program = startProgram('nginx', ['-p', folder, '-e', 'stderr', '-c', config])
  await waitForListener(secure)
  return {
    pid: program.pid,
    plain: `http://127.0.0.1:${plain}`,
    secure: `https://127.0.0.1:${secure}`,
    uploads,
    end: () => program.end(),
  }
}

/** Whether a server can be started at all. */
export function present(...names) {
  return names.every(name => findCommand(name) !== undefined)
}
