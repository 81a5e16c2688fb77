"""The rules: each takes a module and yields (line, message) for every breach."""

import ast
import re
from collections.abc import Callable, Iterator

from tools.lints.module import Finding, Module, dotted

type Breaches = Iterator[tuple[int, str]]
type Rule = Callable[[Module], Breaches]

FUNCTION_LINES = 60
MODULE_LINES = 450
POSITIONAL = 4
FOREIGN_SIGNATURES = frozenset({"settings_customise_sources"})  # overrides whose parameters a library dictates

# Answer guards and the loop that must outlive what it runs: whatever is raised there is answered or recorded.
BROAD_EXCEPT: dict[str, str] = {
    "archive/dispatch.py": "the dispatch loop: a listener's failure is recorded and retried",
    "wire/": "the answer guard: every failure is answered in the wire's words",
    "workbench.py": "the answer guard of a child: whatever its function raises reaches the parent",
    "database/sqlite.py": "the writer thread: whatever an act raises is raised in the thread that asked for it",
}

# A wrapper of the store passes the port on, the store implements it; only lifecycle decides to call it.
MAY_ERASE = ("lifecycle/", "blobs/")

BAD_NAMES = re.compile(r"(Manager|Helper|Utils?|Impl|Base)$|^I[A-Z][a-z]")
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:wor[k]|roo[t]|hom[e]/\w+)/")
UNDONE = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b")
PATIENT = re.compile(r"patient_?(?:s_)?(?:name|id|birth|sex|address|age)|person_?name|other_?patient", re.IGNORECASE)
LOGGERS = re.compile(r"(?:^|\.|_)log(?:ger)?\.(?:debug|info|warning|error|exception|critical|bind)$")
VENDORS = re.compile(
    r"siemens|ge medical|agfa|fuji|philips|carestream|canon|konica|hologic|toshiba|kodak", re.IGNORECASE
)


def scope_is_made_by_security(module: Module) -> Breaches:
    """A Scope decides what a caller sees: only `security` and `app` make one."""
    if not module.place or module.within("security/", "app.py"):
        return
    for call in _calls(module):
        if dotted(call.func).split(".")[-1] in ("Scope", "house_scope"):
            yield call.lineno, "only security and app may make a Scope: take it from the caller"


def broad_except_in_few_places(module: Module) -> Breaches:
    """A broad except hides defects: it is for answer guards and the dispatch loop, or to undo and raise again."""
    if not module.place or module.within(*BROAD_EXCEPT):
        return
    for handler in _handlers(module):
        if _is_broad(handler) and not _raises_again(handler):
            yield handler.lineno, "broad except: name the errors, or raise again at its end"


def no_swallowed_error(module: Module) -> Breaches:
    """`except: pass` loses an error for ever; contextlib.suppress with a named error says what may be lost."""
    for handler in _handlers(module):
        if all(isinstance(line, ast.Pass) or _is_ellipsis(line) for line in handler.body):
            yield handler.lineno, "an except that only passes: answer it, or contextlib.suppress(the error)"


def short_functions(module: Module) -> Breaches:
    """A function fits on a screen."""
    for function in _functions(module):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES:
            yield function.lineno, f"{function.name} has {lines} lines, more than {FUNCTION_LINES}"


def short_modules(module: Module) -> Breaches:
    """A module is read in one sitting; generated tables are exempt."""
    lines = module.text.count("\n")
    if lines > MODULE_LINES and not module.generated:
        yield 1, f"{lines} lines, more than {MODULE_LINES}: split it by what it is about"


def few_positional_parameters(module: Module) -> Breaches:
    """More than four things in a row are named at the call."""
    if not module.place:
        return
    for function in _functions(module):
        if function.name in FOREIGN_SIGNATURES:
            continue
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        count = len([name for name in names if name not in ("self", "cls")])
        if count > POSITIONAL:
            yield function.lineno, f"{function.name} takes {count} positional parameters, more than {POSITIONAL}"


def plain_names(module: Module) -> Breaches:
    """Names say what a thing is, not that it helps."""
    if not module.place:
        return
    if re.search(r"(?:^|/)(?:utils?|helpers?|misc|common)(?:/|\.py$)", module.place):
        yield 1, "no utils, helpers, misc or common: name the file after what is in it"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and BAD_NAMES.search(node.name):
            yield node.lineno, f"{node.name}: name the thing itself"


def nothing_undone(module: Module) -> Breaches:
    """What is not done is an issue, not a comment."""
    yield from _lines(module, UNDONE, "unfinished work noted in the code")


def no_machine_paths(module: Module) -> Breaches:
    """The code does not know on whose machine it was written."""
    yield from _lines(module, MACHINE_PATH, "a path of one machine")


def only_lifecycle_erases(module: Module) -> Breaches:
    """Originals are destroyed in one room, behind its rules."""
    if not module.place or module.within(*MAY_ERASE):
        return
    for call in _calls(module):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "erase":
            yield call.lineno, "only lifecycle calls the Eraser"


def logs_know_no_patient(module: Module) -> Breaches:
    """Logs are read by many and kept for long: UIDs and counts, never whose they are."""
    for call in _calls(module):
        if LOGGERS.search(dotted(call.func)):
            for word in _words(call):
                if PATIENT.search(word):
                    yield call.lineno, f"a log line takes {word!r}: logs hold nothing of a patient"


def no_vendor_branches(module: Module) -> Breaches:
    """A peer's oddity is a row of dicom/quirks.py, never an if."""
    if not module.place or module.within("dicom/quirks.py"):
        return
    for node in ast.walk(module.tree):
        test = node.test if isinstance(node, ast.If | ast.IfExp | ast.While) else None
        for part in ast.walk(test) if test is not None else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and VENDORS.search(part.value):
                yield part.lineno, f"a branch on a manufacturer ({part.value!r}): make it a row of dicom/quirks.py"


def settings_read_the_environment(module: Module) -> Breaches:
    """One place knows every knob."""
    if not module.place or module.within("settings.py", "cli.py", "cli/"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "os.getenv"):
            yield node.lineno, "only settings.py and the command line read the environment"


def says_what_it_is(module: Module) -> Breaches:
    """Every product module begins with a sentence that says what is in it."""
    if module.place and module.text.strip() and not ast.get_docstring(module.tree):
        yield 1, "no docstring: say in a sentence what is here"


def tests_do_not_sleep(module: Module) -> Breaches:
    """A test waits for the event, not for the clock."""
    if not module.path.startswith("tests/") or "/test_" not in module.path:
        return
    for call in _calls(module):
        if dotted(call.func) in ("time.sleep", "sleep"):
            yield call.lineno, "a sleeping test: wait for the event itself"


def tests_do_not_patch(module: Module) -> Breaches:
    """Our own modules are asked through their doors and ports, with real or scripted parts."""
    if not module.path.startswith("tests/"):
        return
    for call in _calls(module):
        target = call.args[0] if call.args else None
        named = isinstance(target, ast.Constant) and str(target.value).startswith("radiotheque")
        if dotted(call.func).split(".")[-1] in ("patch", "setattr") and named:
            yield call.lineno, "a patched module of ours: pass the part in"


RULES: tuple[Rule, ...] = (
    scope_is_made_by_security,
    broad_except_in_few_places,
    no_swallowed_error,
    short_functions,
    short_modules,
    few_positional_parameters,
    plain_names,
    nothing_undone,
    no_machine_paths,
    only_lifecycle_erases,
    logs_know_no_patient,
    no_vendor_branches,
    settings_read_the_environment,
    says_what_it_is,
    tests_do_not_sleep,
    tests_do_not_patch,
)


def findings(module: Module) -> Iterator[Finding]:
    """Yield every breach of every rule in `module`."""
    for rule in RULES:
        name = rule.__name__.replace("_", "-")
        yield from (Finding(module.path, line, name, message) for line, message in rule(module))


def _calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def _handlers(module: Module) -> Iterator[ast.ExceptHandler]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler))


def _functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or dotted(kind) in ("Exception", "BaseException") for kind in kinds)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise)


def _is_ellipsis(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and line.value.value is ...


def _lines(module: Module, pattern: re.Pattern[str], message: str) -> Breaches:
    for number, line in enumerate(module.text.splitlines(), 1):
        if pattern.search(line):
            yield number, message


def _words(call: ast.Call) -> Iterator[str]:
    for argument in (*call.args, *call.keywords):
        for node in ast.walk(argument):
            if isinstance(node, ast.keyword) and node.arg:
                yield node.arg
            elif isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
