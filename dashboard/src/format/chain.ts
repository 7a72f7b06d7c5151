// The chain of a diagnosis as it is shown: which step broke it stands out.
import type { Diagnosis, StepState } from '../api/types';
import type { Shape } from '../plots/shapes';
import type { Words } from '../words/zh';

export interface ShownStep {
  name: string; text: string; state: StepState; stateWord: string; shape: Shape; tone: string;
  /** The first step that is wrong: what came after it may only follow from it. */
  culprit: boolean;
}
const SHAPES: Record<StepState, Shape> = { ok: 'circle', bad: 'square', unknown: 'ring' };
const TONES: Record<StepState, string> = { ok: 'green', bad: 'red', unknown: 'grey' };

export function chainOf(diagnosis: Diagnosis, words: Words): ShownStep[] {
  const first = diagnosis.steps.findIndex((step) => step.state === 'bad');
  return diagnosis.steps.map((step, n) => {
    // A state that a newer server knows and this page does not is no good news and no bad one.
    const state: StepState = step.state in SHAPES ? step.state : 'unknown';
    return {
      name: words.steps[step.step] ?? step.step, text: step.text, state, stateWord: words.stepStates[state],
      shape: SHAPES[state], tone: TONES[state], culprit: n === first,
    };
  });
}
