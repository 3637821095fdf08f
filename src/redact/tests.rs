use super::proportion::assert_in_proportion;
use super::*;
use crate::text::words::said;

#[test]
fn the_same_value_gets_the_same_label_in_every_spelling() {
    let redactor = Redactor::new(false);
    redactor.learn(SecretKind::ClientSecret, "p+q/r s\"t-0123456789");
    redactor.learn(SecretKind::AccessToken, "token-aaaaaaaaaaaaaaaa");
    redactor.learn(SecretKind::AccessToken, "token-bbbbbbbbbbbbbbbb");
    redactor.learn(SecretKind::AccessToken, "token-aaaaaaaaaaaaaaaa");
    assert_eq!(redactor.text("client_secret=p%2Bq%2Fr+s%22t-0123456789&x"), "client_secret=‹client secret›&x");
    assert_eq!(redactor.text("p%2Bq%2Fr%20s%22t%2D0123456789"), "‹client secret›");
    assert_eq!(redactor.text(r#"{"s":"p+q/r s\"t-0123456789"}"#), r#"{"s":"‹client secret›"}"#);
    assert_eq!(redactor.text("token-bbbbbbbbbbbbbbbb token-aaaaaaaaaaaaaaaa"), "‹access token 2› ‹access token 1›");
}

#[test]
fn a_short_secret_is_replaced_only_where_it_stands_alone() {
    let redactor = Redactor::new(false);
    redactor.learn(SecretKind::ClientSecret, "secret");
    assert_eq!(redactor.text("client_secret_basic client_secret=secret&a=secrets"), "client_secret_basic client_secret=‹client secret›&a=secrets");
    assert_eq!(redactor.text("secretsecret"), "secretsecret");
}

fn everyday(kind: SecretKind, value: &str) -> Redactor {
    let redactor = Redactor::new(false).with_words(|word| ["client", "secret", "password", "user", "wrong", "within"].contains(&word));
    redactor.learn(kind, value);
    redactor
}

#[test]
fn a_secret_that_is_a_common_word_is_replaced_only_as_the_value_of_what_holds_one() {
    let redactor = everyday(SecretKind::Password, "password");
    for text in [
        "Your password is wrong. Forgot your password?",
        "<input type=\"password\" name=\"password\" id='password'>",
        "{\"grant_types\":[\"password\"],\"password\":null}",
        "grant_type=password&scope=password",
        "a Password, a PASSWORD: x, passwords",
        "cGFzc3dvcmQtYmFzZWQtZ3JhbnQ",
    ] {
        assert_eq!(redactor.text(text), text);
    }
    for (text, expected) in [
        ("username=u&password=password&x", "username=u&password=‹password›&x"),
        ("{\"password\": \"password\"}", "{\"password\": \"‹password›\"}"),
        ("{\\\"password\\\":\\\"password\\\"}", "{\\\"password\\\":\\\"‹password›\\\"}"),
        ("<input name=\"password\" value=\"password\">", "<input name=\"password\" value=\"‹password›\">"),
        ("next=%2Flogin%3Fpassword%3Dpassword%26x", "next=%2Flogin%3Fpassword%3D‹password›%26x"),
        ("wrong password: password.", "wrong password: ‹password›."),
        ("password = \"password\"", "password = \"‹password›\""),
        ("x=cGFzc3dvcmQ= x=70617373776F7264", "x=‹password›= x=‹password›"),
    ] {
        assert_eq!(redactor.text(text), expected);
    }
    let json = serde_json::json!({"password": "password", "grant_type": "password", "says": ["password"]});
    assert_eq!(redactor.json(&json), serde_json::json!({"password": "‹password›", "grant_type": "password", "says": ["password"]}));
    // Words that stand otherwise than in a sentence are a secret like any other.
    for value in [" user within ", "user  within", "userwithin", "user within wrong secret"] {
        let redactor = everyday(SecretKind::Password, value);
        assert_eq!(redactor.text(&format!("a ({value})")), "a (‹password›)");
    }
    // Cut by its last character it is a common word, and so is what is left of it where a character was lost.
    for value in ["password1", "passwordé", "Wrong-Secret1"] {
        let redactor = everyday(SecretKind::Password, value);
        assert_eq!(redactor.text("The password is a wrong secret"), "The password is a wrong secret");
        assert_eq!(redactor.text(&format!("({value})")), "(‹password›)");
    }
}

#[test]
fn our_own_words_stay_and_labels_are_not_replaced_again() {
    let redactor = everyday(SecretKind::ClientSecret, "wrong client");
    redactor.learn(SecretKind::Password, "correct-horse-battery");
    redactor.learn(SecretKind::Password, "client secret");
    let (status, says) = (401, "it was correct-horse-battery");
    let sentence = said!("a wrong client, correct-horse-battery: status {status}, {says}");
    let redacted = redactor.words(&sentence);
    assert_eq!(redacted, "a wrong client, correct-horse-battery: status 401, it was ‹password›");
    assert_eq!(redactor.words(&redacted), redacted, "once is enough");
    assert_eq!(redactor.words(&"correct-horse-battery".into()), "correct-horse-battery");
    assert_eq!(redactor.words(&"correct-horse-battery".to_owned().into()), "‹password›");
    let labelled = "it=‹client secret› ‹client secret 12› ‹client secret› and ‹password›";
    for value in ["client secret", "client", "secret 12", "password"] {
        let redactor = Redactor::new(false);
        redactor.learn(SecretKind::ClientSecret, value);
        assert_eq!(redactor.text(labelled), labelled, "{value}");
    }
    let redactor = Redactor::new(false);
    redactor.learn(SecretKind::Password, "hunter22");
    assert_eq!(redactor.text("‹hunter22› ‹client hunter22›"), "‹‹password›› ‹client ‹password››", "only labels of ours are spared");
}

#[test]
fn a_short_secret_stands_alone_after_an_escape_too() {
    let redactor = Redactor::new(false);
    redactor.learn(SecretKind::Password, "hunter2");
    assert_eq!(redactor.text("to=%2Flogin%3Fp%3Dhunter2%26x"), "to=%2Flogin%3Fp%3D‹password›%26x");
    assert_eq!(redactor.text(r"typed:\nhunter2\n"), r"typed:\n‹password›\n");
}

#[test]
fn a_quote_at_the_end_is_part_of_the_secret() {
    let redactor = Redactor::new(false);
    redactor.learn(SecretKind::ClientSecret, "a-long-secret-with-é-and-\"");
    for written in [r#"a-long-secret-with-é-and-\""#, r#"a-long-secret-with-\u00e9-and-\""#] {
        assert_eq!(redactor.text(&format!(r#"{{"s":"{written}"}}"#)), r#"{"s":"‹client secret›"}"#);
    }
}

#[test]
fn overlapping_secrets_go_whole() {
    let redactor = Redactor::new(false);
    redactor.learn(SecretKind::AccessToken, "aaaaaaaaaaaaaaaa.bbbb");
    redactor.learn(SecretKind::RefreshToken, "bbbb.cccccccccccccccc");
    redactor.learn(SecretKind::IdToken, "aaaaaaaaaaaaaaaa.bbbb.cc");
    assert_eq!(redactor.text("(aaaaaaaaaaaaaaaa.bbbb.cccccccccccccccc)"), "(‹ID token 1›)");
    assert_eq!(redactor.text("(aaaaaaaaaaaaaaaa.bbbb)"), "(‹access token 1›)");
}

#[test]
fn secrets_are_known_by_the_names_before_them() {
    for (text, expected) in [
        ("access_token=abc%2Fdefghijk&token_type=bearer", "access_token=‹access token 1›&token_type=bearer"),
        (
            r#"{"access_token":"first-value","access_token":"second-value"}"#,
            r#"{"access_token":"‹access token 1›","access_token":"‹access token 2›"}"#,
        ),
        (r#"{"data": {"refresh_token" : "abc\/defghijk", "cut": "#, r#"{"data": {"refresh_token" : "‹refresh token 1›", "cut": "#),
        (r#"{"client_secret":"cut-off-here"#, r#"{"client_secret":"‹client secret›"#),
        ("response_type=id_token&scope=openid", "response_type=id_token&scope=openid"),
        (
            r#"{"id_token": {"essential": true}, "my_access_token": "not-of-that-name"}"#,
            r#"{"id_token": {"essential": true}, "my_access_token": "not-of-that-name"}"#,
        ),
    ] {
        let redactor = Redactor::new(false);
        assert_eq!(redactor.learn_named(text), Ok(()));
        assert_eq!(redactor.text(text), expected);
    }
}

#[test]
fn a_value_ends_where_the_next_name_begins() {
    let redactor = Redactor::new(false);
    let text = "access_token=id_token=refresh_token=abcdefghij access_token=0123456789";
    assert_eq!(redactor.learn_named(text), Ok(()));
    assert_eq!(redactor.text(text), "access_token=id_token=refresh_token=‹refresh token 1› access_token=‹access token 1›");
}

#[test]
fn a_text_that_names_too_many_secrets_is_refused() {
    let many = |n: usize| (0..n).map(|n| format!("&access_token=value-{n:09}")).collect::<Vec<_>>().concat();
    let redactor = Redactor::new(false);
    assert_eq!(redactor.learn_named(&many(MOST_NAMED)), Ok(()));
    assert_eq!(redactor.learn_named(&many(MOST_NAMED)), Ok(()), "they are known");
    assert_eq!(Redactor::new(false).learn_named(&many(MOST_NAMED + 1)), Err(TooManySecrets));
    let long = format!("{{\"access_token\":\"{}\"}}", "x".repeat(MOST_FOREIGN + 1));
    assert_eq!(Redactor::new(false).learn_named(&long), Err(TooManySecrets));
}

#[test]
fn a_very_long_secret_goes_whole() {
    for kinds in [1, 40] {
        let redactor = Redactor::new(false);
        let long: Vec<String> = (0..kinds).map(|n| format!("{n:03}-{}", "long-token.".repeat(3_000))).collect();
        for token in &long {
            redactor.learn(SecretKind::AccessToken, token);
        }
        for (n, token) in long.iter().enumerate() {
            let text = format!("Bearer {token}, then {{\"access_token\":\"{token}\"}}");
            let label = format!("‹access token {}›", n + 1);
            assert_eq!(redactor.text(&text), format!("Bearer {label}, then {{\"access_token\":\"{label}\"}}"));
        }
    }
}

#[test]
fn a_very_long_secret_is_known_when_it_comes_again() {
    let redactor = Redactor::new(false);
    let text = format!("{{\"access_token\":\"{}\"}}", "long-token.".repeat(3_000));
    for _ in 0..2 * MOST_FOREIGN / text.len() {
        assert_eq!(redactor.learn_named(&text), Ok(()));
    }
    assert_eq!(redactor.text(&text), "{\"access_token\":\"‹access token 1›\"}");
}

#[test]
fn what_follows_a_secret_that_a_longer_one_begins_with_goes_too() {
    let redactor = Redactor::new(false);
    let whole = "x".repeat(SHORTENED);
    let longer = format!("{whole}{}", "y".repeat(MOST_VALUE));
    redactor.learn(SecretKind::AccessToken, &whole);
    redactor.learn(SecretKind::RefreshToken, &longer);
    assert_eq!(redactor.text(&format!("{longer} {whole}")), "‹access token 1› ‹access token 1›");
}

#[test]
fn hostile_texts_are_learned_and_replaced_in_proportion() {
    let escapes = "\\\\u0025%32%36amp;%26amp;quot;";
    for pattern in ["access_token=", "access_token", "\"id_token\":\"", "&access_token=000000001", "client_secret=\\\"", escapes, "&amp;%25\\/"] {
        assert_in_proportion(pattern, |text| {
            let redactor = Redactor::new(false);
            let _ = redactor.learn_named(text);
            let _ = redactor.text(text);
        });
    }
}

#[test]
fn an_address_redirected_to_holds_secrets() {
    let redactor = Redactor::new(false);
    redactor.learn_address("http://localhost:3000/cb?code=Sp%2FlxlOBeZQQ&state=x#access_token=2YotnFZFEjr1zCsi");
    assert_eq!(
        redactor.text("/cb?code=Sp/lxlOBeZQQ&state=x#access_token=2YotnFZFEjr1zCsi"),
        "/cb?code=‹authorization code 1›&state=x#access_token=‹access token 1›"
    );
}

#[test]
fn members_of_a_token_response_are_learned() {
    let redactor = Redactor::new(false);
    let body = serde_json::json!({"access_token": "aaaaaaaaaaaaaaaaaaaa", "nested": ["aaaaaaaaaaaaaaaaaaaa"]});
    redactor.learn_members(&body);
    assert_eq!(redactor.json(&body), serde_json::json!({"access_token": "‹access token 1›", "nested": ["‹access token 1›"]}));
}

#[test]
fn show_leaves_everything() {
    let redactor = Redactor::new(true);
    redactor.learn(SecretKind::Password, "hunter2");
    assert_eq!(redactor.text("hunter2"), "hunter2");
    assert!(!format!("{redactor:?}").contains("hunter2"));
}
