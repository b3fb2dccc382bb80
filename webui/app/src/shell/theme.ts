import { createTheme, type MantineColorsTuple } from '@mantine/core';

// Every pair that the screens use has a contrast of 4.5 or more in light and in dark: axe checks it on each screen.
const sea: MantineColorsTuple = ['#eaf4fb', '#d3e6f4', '#a5cce8', '#74b0dc', '#4c98d1', '#2f87c9', '#1f75b3', '#1b5e8c', '#154a6f', '#0d3450'];

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 7, dark: 7 },
  colors: { sea },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif', fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
});
