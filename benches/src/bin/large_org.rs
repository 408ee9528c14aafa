//! A large simulated org: how long it takes to start, its memory, how soon it finds records, how fast results leave it.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use benches::org::{API_VERSION, Org};
use benches::table::{grouped, print_line, to_markdown};
use benches::{machine, stopwatch};
use clap::Parser;
use serde_json::{Value as Json, json};

const MAX_START: Duration = Duration::from_secs(2);
const MAX_PEAK_KIB: u64 = 600 * 1024;

/// Results leave no slower than this share of the rate of a server that has them in memory.
const MIN_RATIO: f64 = 0.5;

/// A filter with an index answers within this; looking at three million records takes far longer.
const MAX_FIND: Duration = Duration::from_millis(50);

const PAGE_ROWS: u64 = 50_000;

/// So often each rate is measured.
const ROUNDS: usize = 3;

/// Starts, asks and downloads.
#[derive(Parser)]
struct Arguments {
    /// The program, from a release build.
    #[arg(long)]
    towpath: PathBuf,
    #[arg(long, default_value_t = 1_000_000)]
    accounts: u64,
    #[arg(long, default_value_t = 2_000_000)]
    contacts: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let (accounts, contacts) = (arguments.accounts.to_string(), arguments.contacts.to_string());
    let started = stopwatch::now();
    let org = Org::start(&arguments.towpath, &["--accounts", &accounts, "--contacts", &contacts])?;
    let start = started.elapsed();
    let mut faults = Vec::new();
    print_line(&format!("started in {} ms with {} KiB", start.as_millis(), grouped(org.peak_kib()?)));
    faults.extend((start > MAX_START).then(|| format!("the start took {start:?}")));

    let mut rows = vec![row(["filter", "first (ms)", "median of 20 (ms)"])];
    for (name, soql) in list_filters(&org).await? {
        let first = time_query(&org, &soql).await?;
        let mut times = Vec::new();
        for _ in 0..20 {
            times.push(time_query(&org, &soql).await?);
        }
        times.sort();
        faults.extend((times[10] > MAX_FIND).then(|| format!("{name} took {:?}", times[10])));
        rows.push(vec![name, millis(first), millis(times[10])]);
    }
    print_line(&format!("\n{}", to_markdown(&rows)));

    let columns = org.columns("Account").await?;
    let fields: Vec<&str> = columns.iter().map(|column| column.field.as_str()).collect();
    let job = run_job(&org, &format!("SELECT {} FROM Account", fields.join(","))).await?;
    for coding in ["identity", "gzip"] {
        let rates = compare_rates(&org, &job, coding).await?;
        print_line(&format!("{coding}: {rates}"));
        faults.extend((rates.ratio() < MIN_RATIO).then(|| format!("results leave too slowly: {coding}")));
    }
    print_line(&format!("{} KiB at most", grouped(org.peak_kib()?)));
    let peak = org.peak_kib()?;
    faults.extend((peak > MAX_PEAK_KIB).then(|| format!("the org took {} KiB", grouped(peak))));

    print_line(&format!("\nMeasured on {}.\n", machine::describe()));
    for fault in &faults {
        print_line(&format!("NOT HELD: {fault}"));
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes a filter of each kind that has an index, from a record in the middle.
async fn list_filters(org: &Org) -> Result<Vec<(String, String)>> {
    const FIELDS: &str = "Id, Name, AccountId, External_Id__c, SystemModstamp";
    let middle = org
        .query(&format!("SELECT {FIELDS} FROM Contact WHERE AccountId != null AND External_Id__c != null ORDER BY Id DESC LIMIT 1"))
        .await?;
    let record = &middle["records"][0];
    let text = |field: &str| {
        let value = record[field].as_str().with_context(|| format!("the record has no {field}"));
        value.map(|value| value.replace('\\', "\\\\").replace('\'', "\\'"))
    };
    let mut filters = Vec::new();
    for field in ["Id", "External_Id__c", "AccountId", "Name"] {
        filters.push((field.to_owned(), format!("{field} = '{}'", text(field)?)));
    }
    let stamp = text("SystemModstamp")?.replace("+0000", "Z");
    filters.push(("SystemModstamp".to_owned(), format!("SystemModstamp = {stamp}")));
    let query = |(name, condition)| (name, format!("SELECT {FIELDS} FROM Contact WHERE {condition}"));
    Ok(filters.into_iter().map(query).collect())
}

async fn time_query(org: &Org, soql: &str) -> Result<Duration> {
    let started = stopwatch::now();
    let answer = org.query(soql).await?;
    let took = started.elapsed();
    ensure!(answer["totalSize"].as_u64() > Some(0), "nothing was found by {soql}");
    Ok(took)
}

/// Runs a query job until its results are there, and returns its address.
async fn run_job(org: &Org, soql: &str) -> Result<String> {
    let jobs = format!("{}/services/data/{API_VERSION}/jobs/query", org.start_line.base_url);
    let token = &org.start_line.access_token;
    let body = json!({ "operation": "query", "query": soql });
    let started = stopwatch::now();
    let job: Json = org.http().post(&jobs).bearer_auth(token).json(&body).send().await?.json().await?;
    let created = started.elapsed();
    let job = format!("{jobs}/{}", job["id"].as_str().with_context(|| format!("no job: {job}"))?);
    loop {
        let state: Json = org.http().get(&job).bearer_auth(token).send().await?.json().await?;
        match state["state"].as_str() {
            Some("JobComplete") => break,
            Some("UploadComplete" | "InProgress") => tokio::time::sleep(Duration::from_millis(20)).await,
            _ => anyhow::bail!("the job ended: {state}"),
        }
    }
    let processed = started.elapsed() - created;
    print_line(&format!("created in {} ms, processed in {} ms", created.as_millis(), processed.as_millis()));
    Ok(job)
}

/// How fast results leave, in bytes a second, and how fast the same bytes come from memory.
struct Rates {
    bytes: usize,
    pages: u32,
    results: f64,
    memory: f64,
}

impl Rates {
    fn ratio(&self) -> f64 {
        self.results / self.memory
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, pages, results, memory } = self;
        write!(out, "{} MB in {pages} pages: {:.0} MB/s", bytes / 1_000_000, results / 1e6)?;
        write!(out, "; from memory {:.0} MB/s: ratio {:.2}", memory / 1e6, self.ratio())
    }
}

/// Downloads the results of a job and the same bytes from memory, in turns; the median of the rates counts.
async fn compare_rates(org: &Org, job: &str, coding: &str) -> Result<Rates> {
    let (mut results, mut memory) = (Vec::new(), Vec::new());
    let mut last = Download::default();
    for _ in 0..ROUNDS {
        last = download(org, job, coding).await?;
        results.push(last.rate);
        memory.push(download_from_memory(std::mem::take(&mut last.page), last.pages).await?);
    }
    let (results, memory) = (median(results), median(memory));
    Ok(Rates { bytes: last.bytes, pages: last.pages, results, memory })
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// What a download came to.
#[derive(Default)]
struct Download {
    /// Bytes a second, as they are on the wire.
    rate: f64,
    bytes: usize,
    page: Vec<u8>,
    pages: u32,
}

/// Downloads the results of a job.
async fn download(org: &Org, job: &str, coding: &str) -> Result<Download> {
    let (mut bytes, mut pages, mut page) = (0, 0, Vec::new());
    let mut locator = String::new();
    let started = stopwatch::now();
    loop {
        let url = format!("{job}/results?maxRecords={PAGE_ROWS}{locator}");
        let request = org.http().get(url).bearer_auth(&org.start_line.access_token);
        let answer = request.header("Accept-Encoding", coding).send().await?.error_for_status()?;
        let next = answer.headers().get("Sforce-Locator").and_then(|value| value.to_str().ok());
        locator = next.map(|next| format!("&locator={next}")).unwrap_or_default();
        let body = answer.bytes().await?;
        (bytes, pages) = (bytes + body.len(), pages + 1);
        if page.is_empty() {
            page = body.to_vec();
        }
        if locator.is_empty() || locator.ends_with("null") {
            break;
        }
    }
    let rate = bytes as f64 / started.elapsed().as_secs_f64();
    Ok(Download { rate, bytes, page, pages })
}

/// Downloads a page so many times from a server that does nothing but send it; returns bytes a second.
async fn download_from_memory(page: Vec<u8>, pages: u32) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let page = Arc::new(page);
    let bytes = page.len() as f64 * f64::from(pages);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let page = Arc::clone(&page);
            // It ends when the client closes the connection.
            std::thread::spawn(move || serve(&stream, &page));
        }
    });
    let http = reqwest::Client::builder().no_proxy().build()?;
    let started = stopwatch::now();
    for _ in 0..pages {
        http.get(format!("http://{address}/")).send().await?.bytes().await?;
    }
    Ok(bytes / started.elapsed().as_secs_f64())
}

fn serve(mut stream: &TcpStream, page: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
    for line in BufReader::new(stream).lines() {
        if line?.is_empty() {
            stream.write_all(head.as_bytes())?;
            stream.write_all(page)?;
        }
    }
    Ok(())
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
