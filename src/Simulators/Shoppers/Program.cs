Console.WriteLine("shoppers");
