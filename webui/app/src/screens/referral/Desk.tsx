import { Button, Group, NativeSelect, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { usePeople } from '../../api/people';
import { type Row, useAssign, useNotes, useWriteNote } from '../../api/referrals';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Trouble } from '../../shell/Trouble';

/** Desk is what the people of one organization do among themselves with a referral: who has it, and notes for colleagues. */
export function Desk({ row }: { row: Row }) {
  const say = useWords();
  const session = useSession();
  const may = session.data?.can.includes('referrals.work') ?? false;
  return (
    <section className="rw-card rw-desk" aria-label={say('desk.title')}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('desk.title')}</Title>
        <Text size="sm" className="rw-quiet">{say('desk.intro')}</Text>
        {may ? <Whose row={row} me={session.data?.user?.id ?? ''} /> : <Text>{say('desk.who')}: {row.assigneeName ?? say('desk.nobody')}</Text>}
        <Notes id={row.id} may={may && !row.erased} />
      </Stack>
    </section>
  );
}

function Whose({ row, me }: { row: Row; me: string }) {
  const say = useWords();
  const people = usePeople();
  const assign = useAssign();
  const give = (person: string) => assign.mutate({ ids: [row.id], person });
  const workers = (people.data ?? []).filter((p) => p.role !== 'auditor' && !p.invited);
  const choices = [{ value: '', label: say('desk.nobody') }, ...workers.map((p) => ({ value: p.id, label: p.id === me ? say('desk.you', { name: p.name }) : p.name }))];
  const here = row.assignee ?? '';
  if (here && !choices.some((c) => c.value === here)) choices.push({ value: here, label: row.assigneeName ?? here });
  return (
    <>
      {(assign.isError || people.isError) && <Trouble error={assign.error ?? people.error} focus={assign.isError} />}
      <Group align="flex-end" className="rw-noprint">
        <NativeSelect label={say('desk.who')} value={here} disabled={assign.isPending || people.isPending} onChange={(e) => give(e.currentTarget.value)} data={choices} />
        {here !== me && workers.some((p) => p.id === me) && <Button variant="default" loading={assign.isPending} onClick={() => give(me)}>{say('desk.take')}</Button>}
      </Group>
    </>
  );
}

function Notes({ id, may }: { id: string; may: boolean }) {
  const say = useWords();
  const times = useTimes();
  const notes = useNotes(id);
  const write = useWriteNote(id);
  const [text, setText] = useState('');
  const send = (e: FormEvent) => {
    e.preventDefault();
    if (text.trim()) write.mutate(text.trim(), { onSuccess: () => setText('') });
  };
  const items = notes.data?.items ?? [];
  return (
    <>
      <Title order={3} size="h5">{say('desk.notes')}</Title>
      {notes.isPending && <Skeleton h={40} role="status" aria-label={say('shell.loading')} />}
      {notes.isError && <Trouble error={notes.error} again={() => void notes.refetch()} />}
      {notes.isSuccess && items.length === 0 && <Text className="rw-quiet">{say('desk.none')}</Text>}
      {items.length > 0 && (
        <ul className="rw-notes" aria-label={say('desk.notes')}>
          {items.map((n) => <li key={`${n.at} ${n.text}`}><Text className="rw-text" dir="auto">{n.text}</Text><Text size="sm" className="rw-quiet">{n.by} · {times.moment(n.at)}</Text></li>)}
        </ul>
      )}
      {may && (
        <form className="rw-noprint" onSubmit={send}>
          <Stack gap="xs" align="flex-start">
            <Textarea w="100%" label={say('desk.write')} description={say('desk.hint')} value={text} onChange={(e) => setText(e.currentTarget.value)} autosize minRows={2} maxRows={8} maxLength={4000} />
            {write.isError && <Trouble error={write.error} focus />}
            <Button type="submit" variant="default" loading={write.isPending} disabled={!text.trim()}>{say('desk.add')}</Button>
          </Stack>
        </form>
      )}
    </>
  );
}
