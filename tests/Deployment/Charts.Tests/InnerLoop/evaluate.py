"""Reads a Tiltfile as Python, of which Starlark is nearly a part: refuses what Starlark lacks, runs it against stand-ins of Tilt's functions, and prints the
calls as JSON. evaluate.py TILTFILE CHART_YAML_AS_JSON"""
import ast
import json
import sys

path, chart = sys.argv[1], json.load(open(sys.argv[2]))
tree = ast.parse(open(path).read(), path)

FOREIGN = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.While, ast.Try, ast.With, ast.Raise, ast.Assert, ast.Global, ast.Nonlocal, ast.Delete, ast.Yield, ast.Await,
           ast.JoinedStr, ast.NamedExpr, ast.Set, ast.GeneratorExp, ast.AsyncFunctionDef, ast.Starred)
for node in ast.walk(tree):
    if isinstance(node, FOREIGN):
        sys.exit(f'{path}:{node.lineno}: Starlark has no {type(node).__name__}')
    if isinstance(node, ast.Compare) and (len(node.ops) > 1 or isinstance(node.ops[0], (ast.Is, ast.IsNot))):
        sys.exit(f'{path}:{node.lineno}: Starlark has neither "is" nor chained comparisons')

calls = []


def stand_in(name, answer=None):
    def call(*args, **kwargs):
        calls.append({'function': name, 'arguments': list(args), 'named': kwargs, 'line': sys._getframe(1).f_lineno})
        return answer(*args, **kwargs) if answer else None
    return call


class Config:
    define_bool = staticmethod(stand_in('config.define_bool'))
    define_string_list = staticmethod(stand_in('config.define_string_list'))
    set_enabled_resources = staticmethod(stand_in('config.set_enabled_resources'))
    parse = staticmethod(stand_in('config.parse', lambda: {'release': len(sys.argv) > 3}))


names = {name: stand_in(name) for name in ['k8s_yaml', 'k8s_resource', 'local_resource', 'docker_build']}
names.update(
    config=Config, TRIGGER_MODE_MANUAL='manual', local=stand_in('local', lambda *a, **k: 'x86_64\n'), helm=stand_in('helm', lambda *a, **k: 'chart'),
    decode_yaml_stream=stand_in('decode_yaml_stream', lambda text: chart), encode_yaml_stream=lambda objects: {'rendered': objects}, sync=lambda a, b: {'sync': [a, b]}, run=lambda c: {'run': c}, link=lambda u, n: {'link': [u, n]})
exec(compile(tree, path, 'exec'), names)
print(json.dumps(calls))
