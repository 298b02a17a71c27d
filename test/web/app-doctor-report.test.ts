import { describe, expect, it } from 'vitest'
import { reportText, withoutSecrets } from '../../src/web/app/doctor/report.js'
import { firstRun, pageState } from '../page/scenes.js'

describe('the report of the doctor', () => {
  it('says version, account, state, and every finding with its fix', () => {
    expect(
      reportText(
        [
          { check: 'dns', status: 'ok', text: 'example.com has SRV records' },
          { check: 'clock', status: 'warn', text: '2 s late' },
          { check: 'register', status: 'fail', text: '403 Forbidden', fix: 'check the name' },
        ],
        pageState(),
      ),
    ).toBe(
      [
        'cpmft 0.1.0, sip:alice@example.com, registered',
        'ok       dns: example.com has SRV records',
        'warning  clock: 2 s late',
        'PROBLEM  register: 403 Forbidden',
        '         fix: check the name',
        '',
      ].join('\n'),
    )
    expect(reportText([], firstRun())).toBe('cpmft 0.1.0, no account, none\n')
  })

  it.each([
    ['sip:alice:hunter2@example.com failed', 'sip:alice:[hidden]@example.com failed'],
    ['postgres://cpmft:hunter2@db.example/x', 'postgres://cpmft:[hidden]@db.example/x'],
    ['http://127.0.0.1:4000/#token=hunter2', 'http://127.0.0.1:4000/#token=[hidden]'],
    ['Authorization: Bearer hunter2.a-b==', 'Authorization: Bearer [hidden]'],
    ['Digest username="alice", nonce="hunter2", response="hunter2 too"', 'Digest username="alice", nonce=[hidden], response=[hidden]'],
    ['CPMFT_PASSWORD=hunter2 cpmft web', 'CPMFT_PASSWORD=[hidden] cpmft web'],
    ["password: 'hunter2 and more'", 'password: [hidden]'],
    ['{"password":"hunter2"}', '{"password":[hidden]}'],
  ])('hides the secret of %s', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown)
    expect(reportText([{ check: 'x', status: 'fail', text: 'no', fix: text }], pageState())).not.toContain('hunter2')
  })

  it('leaves alone what is no secret', () => {
    const text = 'sip:alice@example.com:5061 answered 200 at 192.0.2.1; check the password in config.toml'
    expect(withoutSecrets(text)).toBe(text)
  })
})
