import { act, renderHook } from '@testing-library/react';
import { useSlice } from './useSlice';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('useSlice', () => {
  it('goes through a list page by page, and knows both ends', () => {
    const { result } = renderHook(() => useSlice(numbers(45), 20));
    expect(result.current).toMatchObject({ page: 1, pages: 3 });
    expect(result.current.previous).toBeUndefined();
    act(() => result.current.next?.());
    act(() => result.current.next?.());
    expect(result.current.items).toEqual([40, 41, 42, 43, 44]);
    expect(result.current.next).toBeUndefined();
    act(() => result.current.previous?.());
    expect(result.current.items[0]).toBe(20);
  });

  it('shows the last page that is left when the list gets shorter', () => {
    const { result, rerender } = renderHook(
      ({ count }) => useSlice(numbers(count), 20),
      { initialProps: { count: 21 } },
    );
    act(() => result.current.next?.());
    rerender({ count: 20 });
    expect(result.current).toMatchObject({ page: 1, pages: 1 });
    expect(result.current.items).toHaveLength(20);
  });
});
