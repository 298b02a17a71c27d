import { ActionIcon, Popover } from '@mantine/core'
import { Ellipsis, Stethoscope } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { AcceptCards } from '../accept-card/accept-cards.js'
import { usePage } from '../model/page-store.js'
import { usePlace } from '../model/route.js'
import { SettingsButton } from '../settings/settings-button.js'
import { SettingsHost } from '../settings/settings-host.js'
import { strings } from '../strings.js'
import { Brand } from './brand.js'
import { ColorScheme } from './color-scheme.js'
import { DropAnywhere } from './drop-anywhere.js'
import { Navigation, PlaceLink } from './navigation.js'
import { OfflineBanner } from './offline-banner.js'
import { OwnAccount } from './own-account.js'
import { RegistrationState } from './registration-state.js'
import styles from './shell.module.css'

/** The frame around every place: where one can go, who one is, and whether the server is there. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {strings.shell.skip}
      </a>
      <div className={styles.side}>
        <Brand />
        <Navigation className={styles.places} />
        <Foot />
      </div>
      <header className={styles.top}>
        <Brand />
        <div className={styles.topState}>
          <RegistrationState />
        </div>
        <More />
      </header>
      <div className={styles.banner}>
        <OfflineBanner />
      </div>
      <main className={styles.main} id="content" tabIndex={-1}>
        {children}
      </main>
      <Navigation className={styles.bottom} />
      <DropAnywhere />
      <SettingsHost />
      <AcceptCards />
    </div>
  )
}

/** @param leave called when it is left for another place */
function Foot({ leave }: { readonly leave?: () => void }): ReactNode {
  const version = usePage(view => view.version)
  const here = usePlace()
  return (
    <div className={styles.foot}>
      <div className={styles.places}>
        <PlaceLink path="/doctor" isHere={here === '/doctor'} leave={leave}>
          <Stethoscope size={19} aria-hidden />
          <span>{strings.shell.places['/doctor']}</span>
        </PlaceLink>
        <SettingsButton className={styles.place} opening={leave} />
      </div>
      <OwnAccount />
      <ColorScheme />
      <div className={styles.version}>{strings.shell.version(version)}</div>
    </div>
  )
}

/** On a narrow screen: what stands at the foot of the side otherwise. */
function More(): ReactNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={260} withArrow trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={strings.shell.menu} onClick={() => setOpen(!isOpen)}>
          <Ellipsis size={20} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Foot leave={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  )
}
