namespace LocalDapr.Runtime.PubSub.Routing;

/// <summary>Recursive descent from the weakest operator to the strongest; each method compiles what it reads.</summary>
internal sealed class CelParser(List<CelToken> tokens)
{
    private int _at;

    private CelToken Current => tokens[_at];

    public CelNode Parse()
    {
        var root = Conditional();
        return Current.Kind == CelTokenKind.End ? root : throw new CelException($"unexpected '{Current.Text}'");
    }

    private CelNode Conditional()
    {
        var condition = Or();
        if (!Take("?")) return condition;
        var yes = Or();
        Require(":");
        var no = Conditional();
        return e => CelValues.Truth(condition(e)) ? yes(e) : no(e);
    }

    private CelNode Or()
    {
        var left = And();
        while (Take("||"))
        {
            var (l, r) = (left, And());
            left = e => CelValues.Either(l, r, e, decides: true);
        }
        return left;
    }

    private CelNode And()
    {
        var left = Relation();
        while (Take("&&"))
        {
            var (l, r) = (left, Relation());
            left = e => CelValues.Either(l, r, e, decides: false);
        }
        return left;
    }

    private CelNode Relation()
    {
        var left = Sum();
        while (TakeOneOf("==", "!=", "<=", ">=", "<", ">", "in") is { } symbol)
        {
            var (l, r) = (left, Sum());
            left = symbol switch
            {
                "==" => e => CelValues.Same(l(e), r(e)),
                "!=" => e => !CelValues.Same(l(e), r(e)),
                "<" => e => CelValues.Compare(l(e), r(e)) < 0,
                "<=" => e => CelValues.Compare(l(e), r(e)) <= 0,
                ">" => e => CelValues.Compare(l(e), r(e)) > 0,
                ">=" => e => CelValues.Compare(l(e), r(e)) >= 0,
                _ => e => CelValues.IsIn(l(e), r(e)),
            };
        }
        return left;
    }

    private CelNode Sum()
    {
        var left = Product();
        while (TakeOneOf("+", "-") is { } symbol)
        {
            var (l, r) = (left, Product());
            left = symbol == "+"
                ? e => CelValues.Plus(l(e), r(e))
                : e => CelValues.Number(l(e)) - CelValues.Number(r(e));
        }
        return left;
    }

    private CelNode Product()
    {
        var left = Unary();
        while (TakeOneOf("*", "/", "%") is { } symbol)
        {
            var (l, r) = (left, Unary());
            left = symbol switch
            {
                "*" => e => CelValues.Number(l(e)) * CelValues.Number(r(e)),
                "/" => e => CelValues.Number(l(e)) / CelValues.Number(r(e)),
                _ => e => CelValues.Number(l(e)) % CelValues.Number(r(e)),
            };
        }
        return left;
    }

    private CelNode Unary()
    {
        if (Take("!"))
        {
            var operand = Unary();
            return e => !CelValues.Truth(operand(e));
        }
        if (Take("-"))
        {
            var operand = Unary();
            return e => -CelValues.Number(operand(e));
        }
        return Member();
    }

    private CelNode Member()
    {
        var node = Primary();
        while (TakeOneOf(".", "[") is { } symbol)
        {
            var target = node;
            if (symbol == "[")
            {
                var index = Conditional();
                Require("]");
                node = e => CelValues.At(target(e), index(e));
                continue;
            }
            var name = Name();
            if (Take("("))
            {
                var arguments = Arguments(")");
                var method = CelFunctions.Method(name);
                node = e => method(target(e), [.. arguments.Select(a => a(e))]);
            }
            else
            {
                node = e => CelValues.Field(target(e), name);
            }
        }
        return node;
    }

    private CelNode Primary()
    {
        var token = Current;
        _at++;
        switch (token.Kind)
        {
            case CelTokenKind.Text: return _ => token.Text;
            case CelTokenKind.Number: return _ => token.Number;
            case CelTokenKind.Name: return Named(token.Text);
            case CelTokenKind.Symbol when token.Text == "(":
                var inner = Conditional();
                Require(")");
                return inner;
            case CelTokenKind.Symbol when token.Text == "[":
                var items = Arguments("]");
                return e => items.Select(i => i(e)).ToList();
            default: throw new CelException(token.Kind == CelTokenKind.End ? "the rule ends too early" : $"unexpected '{token.Text}'");
        }
    }

    private CelNode Named(string name)
    {
        switch (name)
        {
            case "true": return _ => true;
            case "false": return _ => false;
            case "null": return _ => null;
            case "event": return e => CelValues.FromJson(e);
        }
        if (!Take("(")) throw new CelException($"undeclared reference to '{name}'");
        var arguments = Arguments(")");
        if (name == "has" && arguments.Count == 1) return e => CelFunctions.Has(arguments[0], e);
        var function = CelFunctions.Global(name);
        return e => function([.. arguments.Select(a => a(e))]);
    }

    private List<CelNode> Arguments(string end)
    {
        var arguments = new List<CelNode>();
        if (Take(end)) return arguments;
        do arguments.Add(Conditional());
        while (Take(","));
        Require(end);
        return arguments;
    }

    private string Name() => Current.Kind == CelTokenKind.Name ? tokens[_at++].Text : throw new CelException("a name must follow '.'");

    private bool Take(string symbol)
    {
        if (Current.Kind != CelTokenKind.Symbol || Current.Text != symbol) return false;
        _at++;
        return true;
    }

    private string? TakeOneOf(params ReadOnlySpan<string> symbols)
    {
        if (Current.Kind is not (CelTokenKind.Symbol or CelTokenKind.Name) || !symbols.Contains(Current.Text)) return null;
        return tokens[_at++].Text;
    }

    private void Require(string symbol)
    {
        if (!Take(symbol)) throw new CelException($"'{symbol}' is missing before '{Current.Text}'");
    }
}
