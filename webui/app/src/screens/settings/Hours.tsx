import { Button, Checkbox, NativeSelect, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useIntl } from 'react-intl';
import { type Rules, useSetRules } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Faults } from '../../shell/Faults';
import { Notice } from '../../shell/Notice';

const week = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const usual = week.slice(0, 5).map((day) => ({ day, opens: '09:00', ends: '17:00' }));

/** Hours is when people work here: deadlines are counted in these days. */
export function Hours({ rules, may }: { rules: Rules; may: boolean }) {
  const say = useWords();
  const intl = useIntl();
  const save = useSetRules();
  const now = rules.calendar;
  const [zone, setZone] = useState(now?.zone || Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [days, setDays] = useState(now?.days?.length ? now.days : usual);
  const [closed, setClosed] = useState((now?.closed ?? []).join('\n'));
  const name = (day: string) => {
    const word = intl.formatDate(new Date(Date.UTC(2024, 0, 1 + week.indexOf(day))), { weekday: 'long', timeZone: 'UTC' });
    return word.charAt(0).toLocaleUpperCase(intl.locale) + word.slice(1); // it begins a line
  };
  const zones = [...new Set([zone, ...Intl.supportedValuesOf('timeZone')])].sort();
  const set = (day: string, part: { opens?: string; ends?: string }) => setDays((all) => all.map((d) => (d.day === day ? { ...d, ...part } : d)));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const order = week.flatMap((d) => days.filter((o) => o.day === d));
    save.mutate({ ...rules, calendar: { zone, days: order, closed: closed.split(/[\s,]+/).filter(Boolean) } });
  };
  return (
    <form onSubmit={submit} noValidate className="rw-card">
      <Stack>
        <Text>{say('hours.intro')}</Text>
        {save.isError && <Faults error={save.error} />}
        {save.isSuccess && <Notice tone="good" title={say('settings.saved')} alert />}
        <NativeSelect label={say('hours.zone')} disabled={!may} value={zone} data={zones} onChange={(e) => setZone(e.currentTarget.value)} />
        <div role="group" aria-label={say('hours.days')}>
          <Text fw={600}>{say('hours.days')}</Text>
          <Stack gap="xs" mt="xs">
            {week.map((d) => {
              const open = days.find((o) => o.day === d);
              return (
                <div key={d} className="rw-day">
                  <Checkbox label={name(d)} disabled={!may} checked={open !== undefined} onChange={(e) => { const on = e.currentTarget.checked; setDays((all) => (on ? [...all, { day: d, opens: '09:00', ends: '17:00' }] : all.filter((o) => o.day !== d))); }} />
                  {open && <><TextInput type="time" aria-label={say('hours.opens', { day: name(d) })} disabled={!may} value={open.opens} onChange={(e) => set(d, { opens: e.currentTarget.value })} /><TextInput type="time" aria-label={say('hours.ends', { day: name(d) })} disabled={!may} value={open.ends} onChange={(e) => set(d, { ends: e.currentTarget.value })} /></>}
                </div>
              );
            })}
          </Stack>
        </div>
        <Textarea label={say('hours.closed')} description={say('hours.closedhint')} disabled={!may} autosize minRows={2} maxRows={10} value={closed} onChange={(e) => setClosed(e.currentTarget.value)} />
        {may && <Button className="rw-start" type="submit" loading={save.isPending}>{say('settings.save')}</Button>}
      </Stack>
    </form>
  );
}
