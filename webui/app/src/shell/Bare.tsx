import { Container, Group, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { LanguageSwitch } from './switches';
import { Mark } from './Mark';
import { useTitle } from './title';

/** Bare is a page without navigation: before somebody is signed in. */
export function Bare({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <Container size={460} py="xl" component="main">
      <Stack gap="lg">
        <Group justify="space-between"><Mark /><LanguageSwitch /></Group>
        <div className="rw-card"><Stack gap="md"><Title order={1} size="h2">{title}</Title>{children}</Stack></div>
      </Stack>
    </Container>
  );
}
