import { useEffect, useRef, useState, type ReactNode } from 'react';

/**
 * Keeps a table as wide as its columns need: in a narrow window it scrolls instead of cutting off its words. A shadow at
 * the right says that there is more.
 */
export function Wide(props: {
  /** Pixels, or `min-content` for a table that measures its columns itself. */
  width?: number | 'min-content';
  children: ReactNode;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [more, setMore] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const look = () =>
      setMore(
        element.scrollLeft + element.clientWidth < element.scrollWidth - 2,
      );
    look();
    element.addEventListener('scroll', look, { passive: true });
    // It may be mounted before it is shown, and windows change.
    const observer =
      typeof ResizeObserver === 'undefined'
        ? undefined
        : new ResizeObserver(look);
    observer?.observe(element);
    // The table may grow after it was mounted.
    if (element.firstElementChild) observer?.observe(element.firstElementChild);
    return () => {
      element.removeEventListener('scroll', look);
      observer?.disconnect();
    };
  }, []);
  return (
    <div style={{ position: 'relative' }}>
      {/* Relative, so that words for screen readers only scroll along instead of widening the page. */}
      <div ref={frame} style={{ overflowX: 'auto', position: 'relative' }}>
        <div style={{ minWidth: props.width ?? 860 }}>{props.children}</div>
      </div>
      {more && (
        <div
          aria-hidden
          style={{
            position: 'absolute',
            inset: '0 0 0 auto',
            width: 28,
            pointerEvents: 'none',
            background:
              'linear-gradient(to right, transparent, rgba(0, 0, 0, 0.28))',
          }}
        />
      )}
    </div>
  );
}
