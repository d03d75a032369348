export interface Config {
  auth?: {
    providers?: {
      example?: {
        /**
         * The people one may enter as, in development only.
         * @deepVisibility frontend
         */
        people?: Array<{ entityRef: string; name?: string; title?: string }>;
        /**
         * More host names under which one may sign in without a password. Localhost, addresses of digits, and the names
         * in `app.baseUrl` and `backend.baseUrl` need no entry here.
         */
        allowedHosts?: string[];
      };
    };
  };
}
