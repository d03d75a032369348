import { useEffect, useState } from 'react';

/** The text once it has not changed for a moment, so that typing asks the server once a word. */
export function useLater(text: string, ms = 200): string {
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = setTimeout(setLater, ms, text);
    return () => clearTimeout(timer);
  }, [text, ms]);
  return later;
}
