// How the page looks and speaks: language, zone of time, light or dark.
import type { Epoch } from '../api/types';
import { paletteOf, type Palette } from '../format/colours';
import * as time from '../format/time';
import { en } from '../words/en';
import { zh, type Words } from '../words/zh';

export type Language = 'zh-CN' | 'en';
const DICTIONARIES: Record<Language, Words> = { 'zh-CN': zh, en };

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

/** The language that was chosen, else the browser's first that is offered. */
export function firstLanguage(chosen: string | null, offered: readonly string[]): Language {
  if (chosen === 'zh-CN' || chosen === 'en') return chosen;
  for (const tag of offered) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'zh-CN';
}

const darkness = matchMedia('(prefers-color-scheme: dark)');

class Look {
  language = $state<Language>(firstLanguage(kept('tianshu-language'), navigator.languages));
  /** Null: as the language suggests. */
  chosenZone = $state<time.Zone | null>(asZone(kept('tianshu-zone')));
  dark = $state(darkness.matches);

  constructor() {
    document.documentElement.lang = this.language;
    darkness.addEventListener('change', (event) => {
      this.dark = event.matches;
    });
  }

  get words(): Words {
    return DICTIONARIES[this.language];
  }
  /** The language as the API calls it. */
  get lang(): 'zh' | 'en' {
    return this.language === 'en' ? 'en' : 'zh';
  }
  get zone(): time.Zone {
    return this.chosenZone ?? (this.language === 'en' ? 'utc' : 'beijing');
  }
  get palette(): Palette {
    return paletteOf(this.dark);
  }

  speak(language: Language): void {
    this.language = language;
    document.documentElement.lang = language;
    keep('tianshu-language', language);
  }
  setZone(zone: time.Zone): void {
    this.chosenZone = zone;
    keep('tianshu-zone', zone);
  }

  moment(epoch: Epoch | null | undefined): string {
    return time.moment(epoch, this.zone);
  }
  brief(epoch: Epoch | null | undefined): string {
    return time.brief(epoch, Date.now() / 1000, this.zone);
  }
  clock(unix_s: number, seconds = true): string {
    return time.clock(unix_s, this.zone, seconds);
  }
  rfc3339(text: string | null | undefined): string {
    return time.rfc3339(text, this.zone);
  }
}

function asZone(text: string | null): time.Zone | null {
  return text === 'utc' || text === 'beijing' ? text : null;
}

export const look = new Look();
