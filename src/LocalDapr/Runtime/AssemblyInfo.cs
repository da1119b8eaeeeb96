using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("localdapr")]
[assembly: InternalsVisibleTo("Runtime.Tests")]
[assembly: InternalsVisibleTo("Workflows.Scale")]
