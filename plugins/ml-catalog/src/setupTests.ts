import '../../../scripts/jest/frontendTests';
