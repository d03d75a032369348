// eslint-disable-next-line @backstage/no-relative-monorepo-imports -- the tests of all packages share it
import '../../../scripts/jest/frontendTests';
