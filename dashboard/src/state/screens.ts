// The screens in the order of the menu, and which right opens each.
import type { Right } from '../api/types';

export type ScreenName =
  | 'overview' | 'stations' | 'heatmap' | 'network' | 'rovers' | 'own' | 'monitor' | 'alarms' | 'archive' | 'accounts' | 'audit';

export const SCREENS: readonly { name: ScreenName; rights: readonly Right[] }[] = [
  { name: 'overview', rights: ['stations'] },
  { name: 'alarms', rights: ['alarms'] },
  { name: 'stations', rights: ['stations'] },
  { name: 'heatmap', rights: ['stations'] },
  { name: 'network', rights: ['network'] },
  { name: 'rovers', rights: ['rovers'] },
  { name: 'own', rights: ['own_rovers'] },
  { name: 'monitor', rights: ['network'] },
  { name: 'archive', rights: ['archive'] },
  { name: 'accounts', rights: ['accounts', 'change_accounts'] },
  { name: 'audit', rights: ['audit'] },
];
