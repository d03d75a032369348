/** Something a pickle imports when it is loaded. */
export type PickleImport = {
  /** `os.system` */
  name: string;
  kind: 'dangerous' | 'unknown' | 'known';
};

/** What was found in one file. */
export type PickleFindings = {
  path: string;
  imports: PickleImport[];
  /** Why the file could not be read to its end. Earlier findings still count. */
  problem?: string;
};

/** Modules that reach out of the process, or run what they are given. */
const dangerousModules = new Set(
  `os posix nt ntpath posixpath subprocess sys socket shutil importlib runpy pty ctypes cffi webbrowser asyncio
  multiprocessing threading _thread code codeop pdb bdb timeit trace profile cProfile doctest pip pkgutil
  requests urllib urllib2 urllib3 http httplib aiohttp ftplib smtplib telnetlib poplib imaplib xmlrpc
  tempfile signal pickle _pickle dill marshal shelve builtin_function site sysconfig venv ensurepip
  commands popen2 io _io fileinput inspect gc atexit faulthandler resource mmap
  sqlite3 tarfile zipfile logging.config lib2to3 idlelib distutils setuptools linecache`.split(
    /\s+/,
  ),
);

const dangerousNames = new Set(
  `builtins.eval builtins.exec builtins.execfile builtins.compile builtins.open builtins.file builtins.input
  builtins.getattr builtins.setattr builtins.delattr builtins.__import__ builtins.globals builtins.locals
  builtins.vars builtins.breakpoint builtins.apply builtins.map builtins.filter builtins.memoryview builtins.help
  operator.attrgetter operator.methodcaller operator.call functools.reduce functools.partialmethod
  numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.save numpy.testing._private.utils.runstring
  pandas.eval pandas.read_pickle pandas.io.pickle.read_pickle pandas.core.computation.eval.eval
  torch.load torch.hub.load torch.jit.load torch.serialization.load torch.utils.model_zoo.load_url
  joblib.load joblib.numpy_pickle.load types.CodeType types.FunctionType`.split(
    /\s+/,
  ),
);

/** Parts of a name that are never harmless, whatever stands before them. */
const dangerousParts = new Set(
  'os sys subprocess socket builtins __builtins__ __globals__ __class__ __subclasses__ __import__ system popen eval exec'.split(
    ' ',
  ),
);

/** Libraries whose classes models are made of. Knowing them is not trusting them: a pickle stays a pickle. */
const knownModules =
  /^(?:sklearn|numpy|scipy|pandas|xgboost|lightgbm|catboost|torch|torchvision|statsmodels|joblib|keras|tensorflow|imblearn|onnx|pyarrow|category_encoders|prophet|transformers|sentence_transformers|skops|collections|datetime|decimal|fractions|uuid|enum|copyreg|copy_reg|_codecs)(?:\.|$)/;

const harmlessBuiltins = new Set(
  `set frozenset list dict tuple object slice int float str bytes bytearray complex range bool type long unicode
  ValueError TypeError KeyError Exception`.split(/\s+/),
);

/**
 * Tells whether an import of a pickle can do harm. Otherwise it is of a library that models are made of, or unknown.
 */
export function classifyImport(module: string, name: string): PickleImport {
  const spelled = /^(?:__builtin__|__builtins__|builtins)$/.test(module)
    ? 'builtins'
    : module;
  const full = `${spelled}.${name}`;
  if (spelled === 'builtins') {
    return {
      name: full,
      kind: harmlessBuiltins.has(name) ? 'known' : 'dangerous',
    };
  }
  const parts = name.split('.');
  const root = spelled.split('.')[0];
  const dangerous =
    dangerousModules.has(spelled) ||
    dangerousModules.has(root) ||
    dangerousNames.has(full) ||
    parts.some(part => dangerousParts.has(part)) ||
    spelled
      .split('.')
      .slice(1)
      .some(part => dangerousParts.has(part));
  if (dangerous) return { name: full, kind: 'dangerous' };
  // A dotted name reaches through a module to whatever that module imported.
  const known = knownModules.test(spelled) && parts.length === 1;
  return { name: full, kind: known ? 'known' : 'unknown' };
}
