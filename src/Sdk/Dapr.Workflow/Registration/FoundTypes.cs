using System.Reflection;
using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Abstractions.Attributes;

namespace Dapr.Workflow;

// Workflows and activities that the application has and nobody registered: in the official SDK a source generator finds them. They come after what is
// registered, so a name that is taken stays with who took it. In a fixed order, as two classes may have one name: the application's own assembly comes first.
internal static class FoundTypes
{
    private static readonly string? OwnName = typeof(FoundTypes).Assembly.GetName().Name;

    public static void Register(WorkflowRuntimeOptions options)
    {
        var entry = Assembly.GetEntryAssembly();
        var assemblies = AppDomain.CurrentDomain.GetAssemblies()
            .Where(assembly => !assembly.IsDynamic && assembly.GetReferencedAssemblies().Any(reference => reference.Name == OwnName))
            .OrderBy(assembly => assembly != entry)
            .ThenBy(assembly => assembly.FullName, StringComparer.Ordinal);
        foreach (var type in assemblies.SelectMany(TypesOf))
        {
            Register(options, type);
        }
    }

    private static IEnumerable<Type> TypesOf(Assembly assembly)
    {
        Type?[] types;
        try
        {
            types = assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException partly)
        {
            types = partly.Types;
        }

        return types.OfType<Type>().Where(CanBeNamed).OrderBy(type => type.FullName, StringComparer.Ordinal);
    }

    private static void Register(WorkflowRuntimeOptions options, Type type)
    {
        var workflow = type.GetCustomAttribute<WorkflowAttribute>();
        if (typeof(IWorkflow).IsAssignableFrom(type) && (workflow is not null || DerivesFrom(type, typeof(Workflow<,>))))
        {
            options.RegisterWorkflow(type, workflow?.Name);
            options.RegisterWorkflow(type, null);
        }

        var activity = type.GetCustomAttribute<WorkflowActivityAttribute>();
        if (typeof(IWorkflowActivity).IsAssignableFrom(type) && (activity is not null || DerivesFrom(type, typeof(WorkflowActivity<,>))))
        {
            options.RegisterActivity(type, activity?.Name);
            options.RegisterActivity(type, null);
        }
    }

    // What other code of the assembly could register by name: no private class, none of one file.
    private static bool CanBeNamed(Type type)
    {
        if (!type.IsClass || type.IsAbstract || type.ContainsGenericParameters)
        {
            return false;
        }

        for (var outer = type; outer is not null; outer = outer.DeclaringType)
        {
            if (outer.Name[0] == '<' || (outer.IsNested && !outer.IsNestedPublic && !outer.IsNestedAssembly && !outer.IsNestedFamORAssem))
            {
                return false;
            }
        }

        return true;
    }

    private static bool DerivesFrom(Type type, Type generic)
    {
        for (var parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if (parent.IsGenericType && parent.GetGenericTypeDefinition() == generic)
            {
                return true;
            }
        }

        return false;
    }
}
