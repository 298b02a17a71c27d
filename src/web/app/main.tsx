import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './shell/page.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { pageStore } from './model/page-store.js'
import { followChanges, queryClient } from './model/queries.js'
import { App } from './shell/app.js'
import { tellNews } from './shell/tell-news.js'
import { theme, variables } from './shell/theme.js'

/** The server puts it into the page; style sheets that are made here carry it, others are not allowed. */
const nonce = document.querySelector('meta[name="csp-nonce"]')?.getAttribute('content') ?? ''
setNonce(nonce)

pageStore.start()
followChanges()
tellNews()
createRoot(document.getElementById('root') as HTMLElement).render(
  <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <QueryClientProvider client={queryClient}>
      <App />
      <Notifications position="bottom-right" limit={4} />
    </QueryClientProvider>
  </MantineProvider>,
)
