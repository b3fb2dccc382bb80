import { Button, Checkbox, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { type Rules, useSetRules } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Faults } from '../../shell/Faults';
import { Notice } from '../../shell/Notice';

/** Consent is the rule for organizations that may give nothing away without a written release. */
export function Consent({ rules, may }: { rules: Rules; may: boolean }) {
  const say = useWords();
  const save = useSetRules();
  const [strict, setStrict] = useState(rules.victimService ?? false);
  const submit = (e: FormEvent) => { e.preventDefault(); save.mutate({ ...rules, victimService: strict }); };
  return (
    <form onSubmit={submit} className="rw-card">
      <Stack>
        {save.isError && <Faults error={save.error} />}
        {save.isSuccess && <Notice tone="good" title={say('settings.saved')} alert />}
        <Text>{say('settings.consent.always')}</Text>
        <Checkbox label={say('settings.consent.strict')} description={say('settings.consent.stricthint')} disabled={!may} checked={strict} onChange={(e) => setStrict(e.currentTarget.checked)} />
        {may && <Button className="rw-start" type="submit" loading={save.isPending}>{say('settings.save')}</Button>}
        <Text size="sm" className="rw-quiet">{say('settings.consent.where')} <Link className="rw-link" to="/connections">{say('menu.connections')}</Link></Text>
      </Stack>
    </form>
  );
}
