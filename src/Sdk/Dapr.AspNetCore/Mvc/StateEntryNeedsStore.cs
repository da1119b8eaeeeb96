using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Dapr.AspNetCore;

// A StateEntry parameter without [FromState] would otherwise be read from the body, and fail for every caller.
internal sealed class StateEntryNeedsStore : IApplicationModelProvider
{
    public int Order => 0;

    public void OnProvidersExecuting(ApplicationModelProviderContext context)
    {
    }

    public void OnProvidersExecuted(ApplicationModelProviderContext context)
    {
        foreach (var controller in context.Result.Controllers)
        {
            foreach (var property in controller.ControllerProperties) Check(property.ParameterType, property.BindingInfo, property.DisplayNameOf());
            foreach (var parameter in controller.Actions.SelectMany(action => action.Parameters))
                Check(parameter.ParameterType, parameter.BindingInfo, parameter.DisplayNameOf());
        }
    }

    private static void Check(Type type, BindingInfo? binding, string name)
    {
        if (binding is null || binding.BindingSource?.Id == StateBindingSource.Name) return;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(StateEntry<>))
            throw new InvalidOperationException($"{name} is a StateEntry: it needs a [FromState] that names the state store.");
    }
}

file static class Names
{
    public static string DisplayNameOf(this PropertyModel property) => $"{property.Controller.ControllerName}.{property.PropertyName}";

    public static string DisplayNameOf(this ParameterModel parameter) => $"{parameter.Action.ActionName}({parameter.ParameterName})";
}
