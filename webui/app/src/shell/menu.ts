import { IconBuildingCommunity, IconHome, IconInbox, IconPencilPlus, IconSend2, IconTruckDelivery, IconUserQuestion, IconUsers, type Icon } from '@tabler/icons-react';

export interface Entry {
  to: string;
  words: string; // id of the message
  icon: Icon;
  can?: string; // what the session must allow
  group: 'work' | 'setup';
}

/** menu is the navigation, in order; the shell shows what the person may do. */
export const menu: Entry[] = [
  { to: '/', words: 'menu.home', icon: IconHome, group: 'work' },
  { to: '/inbox', words: 'menu.inbox', icon: IconInbox, group: 'work' },
  { to: '/sent', words: 'menu.sent', icon: IconSend2, group: 'work' },
  { to: '/send', words: 'menu.send', icon: IconPencilPlus, group: 'work' },
  { to: '/waiting', words: 'menu.person', icon: IconUserQuestion, group: 'work' },
  { to: '/delivery', words: 'menu.delivery', icon: IconTruckDelivery, group: 'work' },
  { to: '/partners', words: 'menu.partners', icon: IconBuildingCommunity, group: 'work' },
  { to: '/people', words: 'menu.people', icon: IconUsers, can: 'people.read', group: 'setup' },
];
