import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from 'react';
import { Problem } from '../api/client';
import type { Asked } from './Ask';

const Ask = lazy(() => import('./Ask').then((m) => ({ default: m.Ask })));

type Prove = <T>(act: () => Promise<T>) => Promise<T>;
const Proof = createContext<Prove>((act) => act());

/** useProve wraps an act of trust: when the node wants to know again who it is, the person is asked, and the act is done then. */
export const useProve = () => useContext(Proof);

/** StepUpProvider asks for the proof. */
export function StepUpProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked>();
  const prove = useCallback<Prove>(async (act) => {
    try {
      return await act();
    } catch (e) {
      if (!(e instanceof Problem) || e.code !== 'step-up') throw e;
      await new Promise<void>((go, no) => setAsked({ go: () => { setAsked(undefined); go(); }, stop: () => { setAsked(undefined); no(e); } }));
      return act();
    }
  }, []);
  return <Proof.Provider value={prove}>{children}{asked && <Suspense><Ask asked={asked} /></Suspense>}</Proof.Provider>;
}
