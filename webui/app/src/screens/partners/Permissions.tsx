import { Button, Checkbox, Group, NumberInput, Radio, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Allowed, type Partner, usePermit } from '../../api/partners';
import { useWords } from '../../i18n/language';
import { Trouble } from '../../shell/Trouble';
import { useKept } from './State';
import { needGroups } from '../compose/needs';
import { keepable, slug } from './states';

const lists = ['lsc', 'sdohcc'] as const;

/** Permissions says yes to what may move, each direction by itself. */
export function Permissions({ p, begun, onDone, onBack }: { p: Partner; begun: boolean; onDone: () => void; onBack: () => void }) {
  const say = useWords();
  const permit = usePermit();
  const had = p.asked ?? p.in;
  const [theySend, setTheySend] = useState(begun ? slug(p.theySend) !== 'no' : true);
  const [weSend, setWeSend] = useState(begun ? slug(p.weSend) !== 'no' : true);
  const [list, setList] = useState<string>(had?.needs?.[0]?.system ?? 'all');
  const [codes, setCodes] = useState<string[]>(had?.needs?.map((n) => n.code) ?? []);
  const [withheld, setWithheld] = useState<string[]>(had?.withheld ?? []);
  const [perDay, setPerDay] = useState<number | string>(had?.perDay || '');
  const [namesFirst, setNamesFirst] = useState(had?.namesFirst ?? false);
  const [none, setNone] = useState(false);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const empty = theySend && list !== 'all' && codes.length === 0;
    setNone(empty);
    if (empty) return;
    const allowed: Allowed = { theySend, weSend: weSend && (!begun || p.out === undefined), needs: list === 'all' ? [] : codes.map((code) => ({ system: list, code })), withheld, perDay: Number(perDay) || 0, namesFirst };
    permit.mutate({ id: p.id, allowed }, { onSuccess: onDone });
  };
  const kept = useKept();
  const known = needGroups.flatMap((g) => g.needs).filter((n) => n.system === list);
  const others = codes.filter((c) => !known.some((n) => n.code === c));
  return (
    <form onSubmit={submit} className="rw-card">
      <Stack>
        <Title order={2} size="h3">{say('partners.permit', { name: p.name })}</Title>
        <Text>{say('partners.permithint')}</Text>
        {permit.isError && <Trouble error={permit.error} focus />}
        <Checkbox label={say('partners.theysend', { name: p.name })} description={say('partners.theysendhint')} checked={theySend} disabled={begun && p.in !== undefined} onChange={(e) => setTheySend(e.currentTarget.checked)} />
        {theySend && (
          <Stack pl="lg" gap="sm">
            <Radio.Group label={say('partners.which')} value={list} onChange={(v) => { setList(v); setCodes([]); }}>
              <Stack gap="xs" mt="xs">
                <Radio value="all" label={say('partners.allneeds')} />
                {lists.map((l) => <Radio key={l} value={l} label={say(`partners.list.${l}`)} />)}
              </Stack>
            </Radio.Group>
            {list !== 'all' && (
              <Checkbox.Group label={say('partners.needs')} value={codes} onChange={setCodes} error={none ? say('partners.noneeds') : undefined}>
                <div className="rw-choices">
                  {known.map((n) => <Checkbox key={n.id} value={n.code} label={say(`needs.${n.id}`)} />)}
                  {others.map((c) => <Checkbox key={c} value={c} label={c} />)}
                </div>
              </Checkbox.Group>
            )}
            <Checkbox.Group label={say('partners.withheld')} description={say('partners.withheldhint')} value={withheld} onChange={setWithheld}>
              <Stack gap="xs" mt="xs">
                {[...keepable, ...(had?.withheld ?? []).filter((w) => !keepable.includes(w))].map((c) => <Checkbox key={c} value={c} label={kept(c)} />)}
              </Stack>
            </Checkbox.Group>
            <NumberInput label={say('partners.perday')} description={say('partners.perdayhint')} min={0} max={10000} allowDecimal={false} allowNegative={false} value={perDay} onChange={setPerDay} maw={260} />
            <Checkbox label={say('partners.namesfirst')} description={say('partners.namesfirsthint')} checked={namesFirst} onChange={(e) => setNamesFirst(e.currentTarget.checked)} />
          </Stack>
        )}
        {(!begun || p.out === undefined) && <Checkbox label={say('partners.wesend', { name: p.name })} description={say('partners.wesendhint')} checked={weSend} onChange={(e) => setWeSend(e.currentTarget.checked)} />}
        <Group><Button type="submit" loading={permit.isPending}>{say(begun ? 'partners.save' : 'partners.allow')}</Button><Button variant="default" onClick={onBack}>{say('protect.back')}</Button></Group>
      </Stack>
    </form>
  );
}
