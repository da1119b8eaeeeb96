using System.Text;
using System.Text.Json;
using LocalDapr.Runtime.Components;

namespace LocalDapr.Runtime.Bindings.Output;

/// <summary>bindings.localstorage: files below one folder. A name that leads out of it is taken as one below it.</summary>
internal sealed class LocalStorageBinding : IOutputBinding
{
    private readonly string _root;

    public LocalStorageBinding(Component component)
    {
        _root = Path.GetFullPath(component.Require("rootPath"));
        Directory.CreateDirectory(_root);
    }

    public async ValueTask<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken cancellation)
    {
        try
        {
            var name = Name(request.Metadata.GetValueOrDefault("fileName", ""));
            return request.Operation switch
            {
                "create" => await CreateAsync(name.Length > 0 ? name : Guid.NewGuid().ToString(), request.Data, cancellation),
                "get" => new BindingResponse(await File.ReadAllBytesAsync(Existing(name), cancellation)),
                "list" => List(name),
                "delete" => Delete(Existing(name)),
                _ => throw new BindingException($"binding does not support operation {request.Operation}"),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BindingException(error.Message);
        }
    }

    private async ValueTask<BindingResponse> CreateAsync(string name, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, Content(data), cancellation);
        return new BindingResponse(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["fileName"] = name }));
    }

    private BindingResponse List(string name)
    {
        var path = Path.Combine(_root, name);
        if (File.Exists(path)) return new BindingResponse(JsonSerializer.SerializeToUtf8Bytes(new[] { path }));
        if (!Directory.Exists(path)) throw new BindingException($"file not found: {name}");
        var files = Directory.GetFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        return new BindingResponse(JsonSerializer.SerializeToUtf8Bytes(files));
    }

    private static BindingResponse Delete(string path)
    {
        File.Delete(path);
        return BindingResponse.None;
    }

    private string Existing(string name) =>
        name.Length > 0 && File.Exists(Path.Combine(_root, name))
            ? Path.Combine(_root, name)
            : throw new BindingException($"file not found: {name}");

    // Dot-dot steps are taken within the root, as if it were the root of the machine.
    private static string Name(string given)
    {
        var steps = new Stack<string>();
        foreach (var step in given.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries))
            if (step == "..") steps.TryPop(out _);
            else if (step != ".") steps.Push(step);
        return string.Join('/', steps.Reverse());
    }

    // A JSON text is written without its quotes, and base64 as the bytes it stands for; all else as it is.
    private static byte[] Content(ReadOnlyMemory<byte> data)
    {
        var text = Encoding.UTF8.GetString(data.Span);
        if (text.StartsWith('"'))
            try
            {
                text = JsonSerializer.Deserialize<string>(text)!;
            }
            catch (JsonException)
            {
                return data.ToArray();
            }
        var bytes = new byte[text.Length];
        return text.Length > 0 && Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : Encoding.UTF8.GetBytes(text);
    }
}
