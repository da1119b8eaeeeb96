using Xunit;

namespace MiniGrpc.Tests;

/// <summary>Tests that look at the memory of the whole process run by themselves.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public sealed class MeasuresMemory;
