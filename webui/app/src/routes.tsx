import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { withWords } from './i18n/language';
import { Frame } from './shell/Frame';
import { Missing } from './screens/missing/Missing';

const root = createRootRoute({ component: Frame, notFoundComponent: Missing });

type Screen = Parameters<typeof lazyRouteComponent>[0];
const screen = <P extends string>(path: P, load: Screen, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(() => withWords(load), name) });
// A first screen says only what i18n/first.en.ts and first.es.ts have.
const firstScreen = <P extends string>(path: P, load: Screen, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, name) });

// The table of screens. A new one adds a line here, its folder under screens with en.json and es.json, a line in
// shell/menu.ts, and its first segment in uiRoutes of webui.go.
const table = [
  firstScreen('/', () => import('./screens/home/Home'), 'Home'),
  screen('/inbox', () => import('./screens/inbox/Inbox'), 'Inbox'),
  screen('/inbox/$id', () => import('./screens/referral/Detail'), 'Detail'),
  screen('/sent', () => import('./screens/inbox/Inbox'), 'Sent'),
  screen('/sent/$id', () => import('./screens/referral/Detail'), 'Detail'),
  screen('/send', () => import('./screens/compose/Compose'), 'Compose'),
  screen('/waiting', () => import('./screens/waiting/WaitingScreen'), 'WaitingScreen'),
  screen('/waiting/$id', () => import('./screens/waiting/Reading'), 'Reading'),
  screen('/people', () => import('./screens/people/People'), 'People'),
  screen('/account', () => import('./screens/account/Account'), 'Account'),
  screen('/partners', () => import('./screens/partners/Partners'), 'Partners'),
  screen('/invite', () => import('./screens/partners/Partners'), 'Partners'),
  screen('/partners/$id', () => import('./screens/partners/Partner'), 'PartnerPage'),
  screen('/fields', () => import('./screens/mapping/List'), 'MatchFields'),
  screen('/fields/$name', () => import('./screens/mapping/Editor'), 'MappingEditor'),
  screen('/start', () => import('./screens/tasks/Tasks'), 'Tasks'),
  screen('/start/practice', () => import('./screens/tasks/Practice'), 'Practice'),
  screen('/connections', () => import('./screens/connections/Connections'), 'Connections'),
  screen('/connections/$id', () => import('./screens/connections/Connection'), 'ConnectionPage'),
  screen('/settings', () => import('./screens/settings/Settings'), 'Settings'),
  screen('/settings/$id', () => import('./screens/settings/Settings'), 'Settings'),
  screen('/find', () => import('./screens/services/Find'), 'Find'),
  screen('/delivery', () => import('./screens/delivery/Delivery'), 'Delivery'),
  screen('/hosting', () => import('./screens/hosting/Hosting'), 'Hosting'),
  screen('/activity', () => import('./screens/activity/Activity'), 'Activity'),
  screen('/developers', () => import('./screens/developers/Developers'), 'Developers'),
  screen('/reports', () => import('./screens/reports/Reports'), 'Reports'),
];

export function makeRouter() {
  return createRouter({ routeTree: root.addChildren(table), defaultPreload: 'intent', scrollRestoration: true });
}
