//! `towpath query`: records of the copy.

mod page;

use std::io;

use crate::{
    cli::client::QueryArgs,
    client::{Client, Failure},
    exit::{self, Exit},
    integrations,
    output::{Format, grid, print_text},
};
use page::{RecordPage, cell, csv_cell};

/// How many records a call asks for: the most that the API gives.
const PAGE: usize = 500;

/// Asks, and prints page by page.
pub(crate) async fn run(args: QueryArgs) -> Result<Exit, Failure> {
    let client = Client::signed_in()?;
    let found = integrations::find(&client, &args.integration.integration).await?;
    let path = ["integrations", &found.id, "records", &args.sobject];
    let mut printed = Printed::new(&args);
    let mut left = if args.all { usize::MAX } else { args.limit };
    let mut after: Option<String> = None;
    loop {
        let mut query = question(&args);
        query.push(("limit", left.clamp(1, PAGE).to_string()));
        query.extend(after.map(|after| ("after", after)));
        let mut page: RecordPage = client.get_with(&path, &query).await?;
        page.items.truncate(left);
        left -= page.items.len();
        printed.print(&page)?;
        after = page.next;
        if after.is_none() || left == 0 {
            printed.end(page.total, page.total_is_exact)?;
            return Ok(Exit::Ok);
        }
    }
}

/// The question as the API takes it.
fn question(args: &QueryArgs) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    query.extend(args.search.clone().map(|search| ("search", search)));
    query.extend(args.filter.iter().map(|filter| ("filter", filter.clone())));
    query.extend(args.sort.clone().map(|sort| ("sort", sort)));
    query.extend(args.fields.clone().map(|fields| ("fields", fields)));
    query
}

/// Prints pages one after the other as one answer.
struct Printed {
    format: Format,
    raw: bool,
    records: u64,
}

impl Printed {
    fn new(args: &QueryArgs) -> Self {
        Self { format: args.output.format(), raw: args.raw, records: 0 }
    }

    fn print(&mut self, page: &RecordPage) -> Result<(), Failure> {
        let is_first = self.records == 0;
        match self.format {
            Format::Table => self.print_table(page)?,
            Format::Json => {
                let before = |index: usize| if is_first && index == 0 { "[\n  " } else { ",\n  " };
                let items = page.items.iter().enumerate();
                let text: String =
                    items.map(|(index, item)| format!("{}{}", before(index), item.get())).collect();
                print_text(&text)?;
            }
            Format::Csv => self.print_csv(page, is_first)?,
        }
        self.records += page.items.len() as u64;
        Ok(())
    }

    fn print_table(&self, page: &RecordPage) -> Result<(), Failure> {
        if page.items.is_empty() {
            return Ok(());
        }
        let header: Vec<String> = page.header().into_iter().map(str::to_owned).collect();
        let rows = page.rows(cell)?;
        print_text(&format!("{}\n", grid(&header, &rows)))
    }

    fn print_csv(&self, page: &RecordPage, is_first: bool) -> Result<(), Failure> {
        let rows = if self.raw { page.rows(cell)? } else { page.rows(csv_cell)? };
        let mut writer = csv::Writer::from_writer(io::stdout().lock());
        let written = if is_first { writer.write_record(page.header()) } else { Ok(()) };
        written
            .and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row)))
            .map_err(io::Error::from)
            .and_then(|()| writer.flush())
            .map_err(Failure::Print)
    }

    /// Closes the list, and says how much of the answer was printed.
    fn end(&self, total: Option<u64>, is_exact: bool) -> Result<(), Failure> {
        if self.format == Format::Json {
            print_text(if self.records == 0 { "[]\n" } else { "\n]\n" })?;
        }
        let of = match total {
            Some(total) if is_exact => format!(" of {total}"),
            Some(total) => format!(" of about {total}"),
            None => String::new(),
        };
        let more = match total {
            Some(total) if total > self.records => "; --all prints every one",
            _ => "",
        };
        exit::tell(&format!("{}{of} records{more}", self.records));
        Ok(())
    }
}
