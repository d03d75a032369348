import {
  Link,
  sidebarConfig,
  useSidebarOpenState,
} from '@backstage/core-components';

/** The name of the house: a stage seen from behind, its light falling forward. */
export function SidebarLogo() {
  const { isOpen } = useSidebarOpenState();
  return (
    <Link
      to="/"
      underline="none"
      aria-label="Home"
      style={{
        width: isOpen
          ? sidebarConfig.drawerWidthOpen
          : sidebarConfig.drawerWidthClosed,
        height: 2 * sidebarConfig.logoHeight,
        display: 'flex',
        alignItems: 'center',
        gap: 12,
        paddingLeft: 22,
        color: '#fff',
        fontSize: 20,
        fontWeight: 600,
      }}
    >
      <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden>
        <path d="M4 4h20v4l-6 6H10L4 8z" fill="#7df3e1" />
        <path d="M10 14h8l6 10H4z" fill="#7df3e1" opacity="0.45" />
      </svg>
      {isOpen && 'Downstage'}
    </Link>
  );
}
