using System.Reflection;
using Dapr.Client;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.AspNetCore;

internal sealed class StateBindingSource(string storeName, string? key) : BindingSource(Name, "Dapr state store", isGreedy: true, isFromRequest: false)
{
    public const string Name = "state";

    public string StoreName { get; } = storeName;

    public string? Key { get; } = key;
}

internal sealed class StateBinderProvider : IModelBinderProvider
{
    public IModelBinder? GetBinder(ModelBinderProviderContext context)
    {
        if (context.BindingInfo.BindingSource is not StateBindingSource source) return null;
        var type = context.Metadata.ModelType;
        var isEntry = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(StateEntry<>);
        return (IModelBinder)Activator.CreateInstance(
            typeof(StateBinder<>).MakeGenericType(isEntry ? type.GenericTypeArguments[0] : type),
            BindingFlags.Instance | BindingFlags.Public, binder: null, [source, isEntry], culture: null)!;
    }
}

// A key that does not exist leaves a value unset, and makes an entry whose value is unset.
internal sealed class StateBinder<TValue>(StateBindingSource source, bool isEntry) : IModelBinder
{
    public async Task BindModelAsync(ModelBindingContext bindingContext)
    {
        var keyName = source.Key ?? bindingContext.FieldName;
        if (bindingContext.HttpContext.Request.RouteValues[keyName] is not string { Length: > 0 } key)
        {
            bindingContext.Result = ModelBindingResult.Failed();
            bindingContext.ModelState.TryAddModelError(bindingContext.ModelName, $"The route has no value named {keyName}.");
            return;
        }

        var dapr = bindingContext.HttpContext.RequestServices.GetRequiredService<DaprClient>();
        var cancellation = bindingContext.HttpContext.RequestAborted;
        object? model = isEntry
            ? await dapr.GetStateEntryAsync<TValue>(source.StoreName, key, cancellationToken: cancellation).ConfigureAwait(false)
            : await dapr.GetStateAsync<TValue>(source.StoreName, key, cancellationToken: cancellation).ConfigureAwait(false);
        if (model is null)
        {
            bindingContext.Result = ModelBindingResult.Failed();
            return;
        }

        // It comes from the app's own store, not from the caller: there is nothing to validate.
        bindingContext.Result = ModelBindingResult.Success(model);
        bindingContext.ValidationState.Add(model, new ValidationStateEntry { SuppressValidation = true });
    }
}
