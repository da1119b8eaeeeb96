Console.WriteLine("localdapr");
