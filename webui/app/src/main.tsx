import '@mantine/core/styles.css';
import './shell/base.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queries } from './api/queries';
import { LanguageProvider, words } from './i18n/language';
import { makeRouter } from './routes';
import { theme } from './shell/theme';

// The server writes a fresh nonce into the page for the styles that components insert. Modals and drawers ask get-nonce.
const nonce = document.querySelector('meta[name="nonce"]')?.getAttribute('content') ?? '';
setNonce(nonce);

const client = queries();
// What a person works at is not read again: the mapping tool knows it best.
const again = () => { void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'mappings' || q.queryKey[1] !== 'open' }); };
const root = document.getElementById('root');

// The words come before anything is drawn: nobody sees a page that says ids.
void words().then(() => {
  if (root) {
    createRoot(root).render(
      <StrictMode>
        <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
          <LanguageProvider changed={again}>
            <QueryClientProvider client={client}>
              <RouterProvider router={makeRouter()} />
            </QueryClientProvider>
          </LanguageProvider>
        </MantineProvider>
      </StrictMode>,
    );
  }
});
