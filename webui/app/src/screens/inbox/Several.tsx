import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { usePeople } from '../../api/people';
import { useAssign } from '../../api/referrals';
import { useWords } from '../../i18n/language';
import { Trouble } from '../../shell/Trouble';

/** Several gives all chosen referrals to a colleague. Nothing else is done to several at once: each decision is its own. */
export function Several({ chosen, done }: { chosen: string[]; done(): void }) {
  const say = useWords();
  const people = usePeople();
  const assign = useAssign();
  const [person, setPerson] = useState('');
  const workers = (people.data ?? []).filter((p) => p.role !== 'auditor' && !p.invited);
  return (
    <section className="rw-card rw-desk rw-noprint" aria-label={say('inbox.several')}>
      <Stack gap="xs">
        <Text role="status">{say('inbox.chosen', { n: chosen.length })}</Text>
        {(assign.isError || people.isError) && <Trouble error={assign.error ?? people.error} focus={assign.isError} />}
        <Group align="flex-end">
          <NativeSelect label={say('inbox.give')} value={person} onChange={(e) => setPerson(e.currentTarget.value)} data={[{ value: '', label: say('inbox.nobody') }, ...workers.map((p) => ({ value: p.id, label: p.name }))]} />
          <Button loading={assign.isPending} disabled={chosen.length === 0} onClick={() => assign.mutate({ ids: chosen, person }, { onSuccess: done })}>{say('inbox.givethem', { n: chosen.length })}</Button>
        </Group>
      </Stack>
    </section>
  );
}
