// The palette. Hues differ in lightness too, after Okabe and Ito, so that they can be told apart by everybody.
import type { Light } from '../api/types';
import type { Quality } from './quality';

export interface Palette {
  ink: string; faint: string; line: string; grid: string; panel: string; land: string; sea: string;
  lights: Record<Light, string>; qualities: Record<Quality, string>; series: readonly string[];
}

const DARK: Palette = {
  ink: '#dbe4ec', faint: '#93a4b3', line: '#33424f', grid: '#26333e', panel: '#16202a', land: '#22303b', sea: '#121b24',
  lights: { green: '#2fb887', yellow: '#f0b93a', red: '#f0664f', grey: '#8494a2' },
  qualities: { fixed: '#2fb887', float: '#f0b93a', dgps: '#6db6ea', single: '#d98cc0', none: '#f0664f', unknown: '#8494a2' },
  series: ['#6db6ea', '#f0944d', '#2fb887', '#d98cc0', '#f0d24a', '#a99bf0'],
};
const LIGHT: Palette = {
  ink: '#1c2a36', faint: '#56677a', line: '#c6d0d9', grid: '#e4eaef', panel: '#ffffff', land: '#edf0ee', sea: '#d5e2ec',
  lights: { green: '#008f66', yellow: '#c98500', red: '#c8371f', grey: '#7b8894' },
  qualities: { fixed: '#008f66', float: '#c98500', dgps: '#0b72b5', single: '#a8478a', none: '#c8371f', unknown: '#7b8894' },
  series: ['#0b72b5', '#c65a00', '#008f66', '#a8478a', '#8a7400', '#5b4fc4'],
};

/** The palette for a light or a dark surface. */
export const paletteOf = (dark: boolean): Palette => (dark ? DARK : LIGHT);

type Rgb = readonly [number, number, number];
/** Nine steps of cividis (Nuñez, Anderton and Renslow, PLOS ONE 13, 2018), from dark blue to yellow. */
const CIVIDIS: readonly Rgb[] = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115], [138, 134, 120], [165, 156, 116], [195, 179, 105], [254, 232, 56],
];

/** A colour of cividis at a share of 0..1. */
export function cividis(share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (CIVIDIS.length - 1);
  const low = Math.min(CIVIDIS.length - 2, Math.floor(at));
  const part = at - low;
  const [a, b] = [CIVIDIS[low] as Rgb, CIVIDIS[low + 1] as Rgb];
  const mix = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * part);
  return [mix(0), mix(1), mix(2)];
}

export const css = ([r, g, b]: Rgb, alpha = 1): string => (alpha === 1 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${alpha})`);
