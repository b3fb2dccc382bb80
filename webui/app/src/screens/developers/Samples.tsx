import { Button, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import javascript from '../../../../../examples/api/referral.mjs?raw';
import python from '../../../../../examples/api/referral.py?raw';
import curl from '../../../../../examples/api/referral.sh?raw';
import { useWords } from '../../i18n/language';

// The very files that a test runs against the demo: examples/api.
const samples = { curl, Python: python, JavaScript: javascript };
type Name = keyof typeof samples;
const names = Object.keys(samples) as Name[];

/** Samples shows one program in three languages: post, report, list, event, read. */
export function Samples() {
  const say = useWords();
  const [shown, show] = useState<Name>('curl');
  const [copied, setCopied] = useState(false);
  return (
    <section className="rw-card" aria-labelledby="samples">
      <Stack gap="sm">
        <Title order={2} size="h4" id="samples">{say('developers.samples')}</Title>
        <Text>{say('developers.sampleshint')}</Text>
        <pre className="rw-code" tabIndex={0} aria-label={say('developers.setup')}>{`export REFERWORKS_URL=${window.location.origin}\nexport REFERWORKS_KEY=rw_live_…`}</pre>
        <Group justify="space-between">
          <SegmentedControl aria-label={say('developers.language')} value={shown} onChange={(v) => { show(v as Name); setCopied(false); }} data={names} />
          <Button variant="default" onClick={() => void navigator.clipboard.writeText(samples[shown]).then(() => setCopied(true))}>{say(copied ? 'once.copied' : 'once.copy')}</Button>
        </Group>
        <pre className="rw-code" tabIndex={0} aria-label={shown}>{samples[shown]}</pre>
      </Stack>
    </section>
  );
}
