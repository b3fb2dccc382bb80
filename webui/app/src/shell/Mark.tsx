import { Group, Text } from '@mantine/core';

export function Mark() {
  return <Group gap="xs" wrap="nowrap"><img src="/icon.svg" alt="" width={28} height={28} /><Text fw={700} size="lg">Referworks</Text></Group>;
}
