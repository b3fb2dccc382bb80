// What all other screens say in Spanish: every folder that is not in first.es.ts.
export const files = import.meta.glob<Record<string, string>>(['../screens/*/es.json', '!../screens/home/es.json', '!../screens/inbox/es.json', '!../screens/tasks/es.json', '!../screens/signin/es.json', '!../screens/demo/es.json', '!../screens/missing/es.json'], { eager: true, import: 'default' });
