import { ActionIcon, SegmentedControl, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconMoon, IconSun } from '@tabler/icons-react';
import { useLanguage, useWords } from '../i18n/language';

export function LanguageSwitch() {
  const { language, choose } = useLanguage();
  const say = useWords();
  return (
    <SegmentedControl size="xs" aria-label={say('shell.language')} value={language} onChange={(v) => choose(v === 'es' ? 'es' : 'en')}
      data={[{ value: 'en', label: 'English' }, { value: 'es', label: 'Español' }]} />
  );
}

export function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const say = useWords();
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon variant="default" size="lg" aria-label={say(next === 'dark' ? 'shell.dark' : 'shell.light')} onClick={() => setColorScheme(next)}>
      {next === 'dark' ? <IconMoon size={18} /> : <IconSun size={18} />}
    </ActionIcon>
  );
}
