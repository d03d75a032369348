import { act, render } from '@testing-library/react';
import { Wide } from './Wide';

describe('Wide', () => {
  const before = globalThis.ResizeObserver;
  afterEach(() => {
    globalThis.ResizeObserver = before;
  });

  it('shows that a table goes on at the right, until it is scrolled to its end', () => {
    let resized = () => {};
    globalThis.ResizeObserver = class {
      constructor(onResize: ResizeObserverCallback) {
        resized = () => onResize([], this);
      }
      observe() {}
      unobserve() {}
      disconnect() {}
    };
    const { container } = render(<Wide>table</Wide>);
    const frame = container.querySelector<HTMLElement>('[style*="overflow-x"]');
    if (!frame) throw new Error('There is no frame');
    const shadow = () => container.querySelector('[aria-hidden]');
    // Mounted before it is shown: it has no size yet.
    expect(shadow()).toBeNull();

    Object.defineProperties(frame, {
      clientWidth: { value: 600 },
      scrollWidth: { value: 860 },
    });
    act(() => resized());
    expect(shadow()).not.toBeNull();

    act(() => {
      frame.scrollLeft = 260;
      frame.dispatchEvent(new Event('scroll'));
    });
    expect(shadow()).toBeNull();
  });
});
