import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, configure, render, screen } from '@testing-library/react';
import user from '@testing-library/user-event';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { queries } from '../../api/queries';
import { LanguageProvider, words } from '../../i18n/language';
import { SignIn } from './SignIn';

configure({ asyncUtilTimeout: 60_000 }); // what waits is a state, on a slow machine too
beforeAll(words);
afterEach(() => { cleanup(); vi.unstubAllGlobals(); });

function answer(status: number, body?: unknown) {
  return new Response(body === undefined ? null : JSON.stringify(body), { status });
}

function show() {
  render(<MantineProvider><LanguageProvider changed={() => undefined}><QueryClientProvider client={queries()}><SignIn /></QueryClientProvider></LanguageProvider></MantineProvider>);
}

test('asks for the code when the account has a second factor, and sends it', async () => {
  const sent: unknown[] = [];
  vi.stubGlobal('fetch', vi.fn(async (_: string, init: RequestInit) => {
    const body = JSON.parse(String(init.body)) as { code?: string };
    sent.push(body);
    return body.code ? answer(200, {}) : answer(401, { code: 'second-factor', detail: 'A code is needed.' });
  }));
  show();
  await user.type(screen.getByLabelText('E-mail'), 'ana@example.org');
  await user.type(screen.getByLabelText('Password'), 'four plain words here');
  expect(screen.queryByLabelText('6-digit code')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  await user.type(await screen.findByLabelText('6-digit code'), '123 456');
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(sent).toEqual([
    { email: 'ana@example.org', password: 'four plain words here' },
    { email: 'ana@example.org', password: 'four plain words here', code: '123456' },
  ]);
});

test('says what the node said when the password is another', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => answer(403, { code: 'wrong', detail: 'E-mail and password do not fit together.' })));
  show();
  await user.type(screen.getByLabelText('E-mail'), 'ana@example.org');
  await user.type(screen.getByLabelText('Password'), 'x');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect((await screen.findByRole('alert')).textContent).toContain('do not fit together');
});
