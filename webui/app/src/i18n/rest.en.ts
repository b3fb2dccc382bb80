// What all other screens say in English: every folder that is not in first.en.ts.
export const files = import.meta.glob<Record<string, string>>(['../screens/*/en.json', '!../screens/home/en.json', '!../screens/inbox/en.json', '!../screens/tasks/en.json', '!../screens/signin/en.json', '!../screens/demo/en.json', '!../screens/missing/en.json'], { eager: true, import: 'default' });
