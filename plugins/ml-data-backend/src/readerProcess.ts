import { main } from './reader/main';

main();
