import { IconAdjustments, IconArrowsJoin, IconBuildingCommunity, IconChartBar, IconChecklist, IconCode, IconHistory, IconHome, IconInbox, IconPencilPlus, IconPlugConnected, IconSearch, IconSend2, IconServerCog, IconTruckDelivery, IconUserQuestion, IconUsers, type Icon } from '@tabler/icons-react';

export interface Entry {
  to: string;
  words: string; // id of the message
  icon: Icon;
  can?: string; // what the session must allow
  group: 'work' | 'setup' | 'node';
}

/** menu is the navigation, in order; the shell shows what the person may do. */
export const menu: Entry[] = [
  { to: '/', words: 'menu.home', icon: IconHome, can: 'referrals.read', group: 'work' },
  { to: '/inbox', words: 'menu.inbox', icon: IconInbox, can: 'referrals.read', group: 'work' },
  { to: '/sent', words: 'menu.sent', icon: IconSend2, can: 'referrals.read', group: 'work' },
  { to: '/send', words: 'menu.send', icon: IconPencilPlus, can: 'referrals.work', group: 'work' },
  { to: '/waiting', words: 'menu.person', icon: IconUserQuestion, can: 'referrals.read', group: 'work' },
  { to: '/delivery', words: 'menu.delivery', icon: IconTruckDelivery, can: 'referrals.read', group: 'work' },
  { to: '/find', words: 'menu.find', icon: IconSearch, can: 'referrals.read', group: 'work' },
  { to: '/partners', words: 'menu.partners', icon: IconBuildingCommunity, can: 'referrals.read', group: 'work' },
  { to: '/reports', words: 'menu.reports', icon: IconChartBar, can: 'referrals.read', group: 'work' },
  { to: '/start', words: 'menu.start', icon: IconChecklist, can: 'setup.read', group: 'setup' },
  { to: '/connections', words: 'menu.connections', icon: IconPlugConnected, can: 'setup.read', group: 'setup' },
  { to: '/fields', words: 'menu.fields', icon: IconArrowsJoin, can: 'setup.read', group: 'setup' },
  { to: '/people', words: 'menu.people', icon: IconUsers, can: 'people.read', group: 'setup' },
  { to: '/settings', words: 'menu.settings', icon: IconAdjustments, can: 'setup.read', group: 'setup' },
  { to: '/activity', words: 'menu.activity', icon: IconHistory, can: 'setup.read', group: 'setup' },
  { to: '/developers', words: 'menu.developers', icon: IconCode, can: 'keys', group: 'setup' },
  { to: '/hosting', words: 'menu.hosting', icon: IconServerCog, can: 'node', group: 'node' },
];
