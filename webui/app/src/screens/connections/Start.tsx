import { Button, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { saveDraft, useMappings } from '../../api/mapping';
import { type Kind, kindStart } from '../../api/setup';
import { useLanguage, useWords } from '../../i18n/language';
import { helpIn } from '../../shell/help';
import { Trouble } from '../../shell/Trouble';
import type { Doc } from '../mapping/document';
import { pageOf } from './shape';
import { useKindWords } from './words';

/** Vendor says what is needed from who makes or runs the other system, and where more about it stands. */
export function Vendor({ kind, made }: { kind: Kind; made: boolean }) {
  const say = useWords();
  const { language } = useLanguage();
  const page = pageOf(kind);
  const lines = kind.vendor ?? [];
  const list = lines.length > 0 && <ul className="rw-plain">{lines.map((l) => <li key={l}>{l}</li>)}</ul>;
  return (
    <>
      {list && made && <details><summary>{say('connections.vendor')}</summary>{list}</details>}
      {list && !made && (
        <section className="rw-card" aria-labelledby="vendor">
          <Stack gap="xs">
            <Title order={2} size="h4" id="vendor">{say('connections.vendor')}</Title>
            <Text>{say('connections.vendorhint')}</Text>
            {list}
          </Stack>
        </section>
      )}
      {page && <a className="rw-link" href={`${helpIn(language)}/${page}`}>{say('connections.page')}</a>}
    </>
  );
}

/** Start offers the mapping that a kind brings. It becomes a draft, which a person looks at and publishes. */
export function Start({ kind }: { kind: Kind }) {
  const say = useWords();
  const words = useKindWords();
  const go = useNavigate();
  const queries = useQueryClient();
  const all = useMappings();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const name = kind.name;
  if (!kind.ready || !all.data || all.data.published.some((v) => v.name === name)) return null;
  const begun = all.data.drafts.some((d) => d.name === name);
  const start = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await saveDraft(name, (await kindStart(name)).mapping as Doc, 0);
      await queries.invalidateQueries({ queryKey: ['mappings'] });
      await go({ to: '/fields/$name', params: { name } });
    } catch (e) {
      setError(e);
      setBusy(false);
    }
  };
  return (
    <Stack gap="xs" align="flex-start">
      {error !== undefined && <Trouble error={error} focus />}
      <Text>{say('connections.start', { system: words.title(kind) })}</Text>
      {begun
        ? <Link className="rw-link" to="/fields/$name" params={{ name }}>{say('connections.startopen')}</Link>
        : <Button variant="default" loading={busy} onClick={() => void start()}>{say('connections.startgo')}</Button>}
    </Stack>
  );
}
