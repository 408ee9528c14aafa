//! Queries that share a call.

use crate::org::TestOrg;

#[tokio::test]
async fn queries_of_one_call_answer_one_by_one() {
    let org = TestOrg::start();
    let client = org.client();
    let queries =
        ["SELECT Id FROM Account LIMIT 3", "SELECT Nothing FROM Account", "SELECT Id FROM Contact LIMIT 1"];

    let answers = client.query_together(&queries.map(str::to_owned)).await.unwrap();

    let sizes: Vec<_> = answers
        .iter()
        .map(|answer| {
            answer
                .as_ref()
                .map(|text| text.get().matches("\"Id\"").count())
                .map_err(|error| error.code.clone())
        })
        .collect();
    assert_eq!(sizes, [Ok(3), Err("INVALID_FIELD".to_owned()), Ok(1)]);
    assert_eq!((client.calls(), client.usage().unwrap().used), (1, 1));
}
