import { Button, Group, Radio, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { saveDraft, useMappings } from '../../api/mapping';
import { useSession } from '../../api/session';
import { useLanguage, useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { formId } from '../compose/formId';
import { mapping as standardForm } from '../compose/mapping';
import { blank, type Doc, idOf } from './document';
import './mapping.css';

/** MatchFields lists the mappings of the organization, with their drafts. */
export function MatchFields() {
  const say = useWords();
  const times = useTimes();
  useTitle(say('menu.fields'));
  const session = useSession();
  const may = session.data?.can.includes('setup.change') ?? false;
  const all = useMappings();
  const published = all.data?.published ?? [];
  const drafts = new Map((all.data?.drafts ?? []).map((d) => [d.name, d]));
  const names = [...new Set([...published.map((v) => v.name), ...drafts.keys()])].sort();
  return (
    <Stack>
      <Title order={1}>{say('menu.fields')}</Title>
      <Text maw={760}>{say('fields.intro')}</Text>
      {all.isPending && <Skeleton h={120} role="status" aria-label={say('shell.loading')} />}
      {all.isError && <Trouble error={all.error} again={() => void all.refetch()} />}
      {all.isSuccess && names.length === 0 && <div className="rw-card"><Stack gap="xs"><Text fw={600}>{say('fields.none')}</Text><Text>{say(may ? 'fields.none.next' : 'fields.none.ask')}</Text></Stack></div>}
      {names.length > 0 && (
        <ul className="rw-list" aria-label={say('fields.list')}>
          {names.map((name) => {
            const v = published.find((x) => x.name === name);
            const d = drafts.get(name);
            return (
              <li key={name}>
                <Link to="/fields/$name" params={{ name }} className="rw-card rw-partner" data-mine={d !== undefined || undefined}>
                  <Text fw={600}>{name === formId ? say('connections.form') : name}</Text>
                  <span><span className="rw-tag" data-tone={v ? 'good' : 'over'}>{v ? say('fields.version', { n: v.n }) : say('fields.unpublished')}</span>{d && <> <span className="rw-tag" data-tone="wait">{say('fields.draft')}</span></>}</span>
                  <Text size="sm" className="rw-quiet">{d ? say('fields.draftsaved', { when: times.moment(d.changed) }) : v ? say('fields.publishedat', { when: times.moment(v.published) }) : ''}</Text>
                </Link>
              </li>
            );
          })}
        </ul>
      )}
      {may && all.isSuccess && <New taken={names} />}
    </Stack>
  );
}

function New({ taken }: { taken: string[] }) {
  const say = useWords();
  const go = useNavigate();
  const { language } = useLanguage();
  const [name, setName] = useState('');
  const [from, setFrom] = useState('sample');
  const [wrong, setWrong] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    const id = idOf(name);
    const flaw = id === '' ? 'fields.new.noname' : taken.includes(id) ? 'fields.new.taken' : '';
    setWrong(flaw);
    setError(undefined);
    if (flaw) return;
    setBusy(true);
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const doc: Doc = from === 'form' ? { ...(standardForm(zone) as Doc), id, name: name.trim() } : blank(id, name.trim(), zone, language);
    try {
      await saveDraft(id, doc, 0);
      await go({ to: '/fields/$name', params: { name: id } });
    } catch (e2) {
      setError(e2);
      setBusy(false);
    }
  };
  return (
    <form className="rw-card" onSubmit={(e) => void submit(e)} aria-labelledby="new-mapping">
      <Stack gap="sm" maw={560}>
        <Title order={2} size="h4" id="new-mapping">{say('fields.new')}</Title>
        {error !== undefined && <Trouble error={error} focus />}
        <TextInput label={say('fields.new.name')} description={say('fields.new.hint')} maxLength={100} value={name} onChange={(e) => setName(e.currentTarget.value)} error={wrong ? say(wrong) : undefined} autoComplete="off" />
        <Radio.Group label={say('fields.new.from')} value={from} onChange={setFrom}>
          <Stack gap="xs" mt="xs">
            <Radio value="sample" label={say('fields.new.sample')} />
            <Radio value="form" label={say('fields.new.form')} />
          </Stack>
        </Radio.Group>
        <Group><Button type="submit" loading={busy}>{say('fields.new.begin')}</Button></Group>
      </Stack>
    </form>
  );
}
